"""Algorithms, their interfaces and versions, and runs of them."""

from algorithms.models.algorithm import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmMember,
    AlgorithmRequest,
)
from algorithms.models.run import AlgorithmRun
from algorithms.models.stage import Stage, Staged
from algorithms.models.version import AlgorithmModel, AlgorithmVersion, StageChange

__all__ = [
    "Algorithm",
    "AlgorithmInterface",
    "AlgorithmMember",
    "AlgorithmModel",
    "AlgorithmRequest",
    "AlgorithmRun",
    "AlgorithmVersion",
    "Stage",
    "StageChange",
    "Staged",
]
