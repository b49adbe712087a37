"""Algorithms, their interfaces and versions, runs of them and what these cost."""

from algorithms.models.algorithm import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmMember,
    AlgorithmRequest,
)
from algorithms.models.batch import BatchCase, RunBatch
from algorithms.models.credit import CreditCharge, CreditGrant, RunTerms
from algorithms.models.run import AlgorithmRun, RunMember
from algorithms.models.version import AlgorithmVersion

__all__ = [
    "Algorithm",
    "AlgorithmInterface",
    "AlgorithmMember",
    "AlgorithmRequest",
    "AlgorithmRun",
    "AlgorithmVersion",
    "BatchCase",
    "CreditCharge",
    "CreditGrant",
    "RunBatch",
    "RunMember",
    "RunTerms",
]
