"""Algorithms, their interfaces and versions, and runs of them."""

from algorithms.models.algorithm import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmMember,
    AlgorithmRequest,
)
from algorithms.models.run import AlgorithmRun
from algorithms.models.version import AlgorithmVersion

__all__ = [
    "Algorithm",
    "AlgorithmInterface",
    "AlgorithmMember",
    "AlgorithmRequest",
    "AlgorithmRun",
    "AlgorithmVersion",
]
