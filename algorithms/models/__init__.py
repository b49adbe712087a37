"""Algorithms, their interfaces and versions, runs of them and what these cost."""

from algorithms.models.algorithm import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmMember,
    AlgorithmRequest,
)
from algorithms.models.batch import BatchCase, RunBatch
from algorithms.models.credit import CreditCharge, CreditGrant, RunTerms
from algorithms.models.endpoint import AlgorithmEndpoint
from algorithms.models.run import AlgorithmRun, RunMember
from algorithms.models.stage import Stage, Staged
from algorithms.models.version import AlgorithmModel, AlgorithmVersion, StageChange

__all__ = [
    "Algorithm",
    "AlgorithmEndpoint",
    "AlgorithmInterface",
    "AlgorithmMember",
    "AlgorithmModel",
    "AlgorithmRequest",
    "AlgorithmRun",
    "AlgorithmVersion",
    "BatchCase",
    "CreditCharge",
    "CreditGrant",
    "RunBatch",
    "RunMember",
    "RunTerms",
    "Stage",
    "StageChange",
    "Staged",
]
