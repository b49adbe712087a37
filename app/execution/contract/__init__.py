"""The container contract: what an image must be, what a run gets, what it may leave behind.

Pure Python: no Django, no Celery, no engine. `docs/containers.md` is the same contract as an
author reads it.
"""

from app.execution.contract.archive import inspect_archive
from app.execution.contract.capacity import UNTOLD, Capacity
from app.execution.contract.errors import ContainerArchiveError, ContractError, OutputError
from app.execution.contract.limits import ArchiveLimits, Limits
from app.execution.contract.manifest import ImageManifest, Layer, UserIdentity
from app.execution.contract.outputs import checked_json, collect_outputs, parse_json_strict
from app.execution.contract.reasons import ExitFacts, Reason, ReasonCode, StoppedBy, explain
from app.execution.contract.spec import (
    CollectedOutput,
    InputFile,
    OutputKind,
    OutputSlot,
    RunResult,
    RunSpec,
)

__all__ = [
    "UNTOLD",
    "ArchiveLimits",
    "Capacity",
    "CollectedOutput",
    "ContainerArchiveError",
    "ContractError",
    "ExitFacts",
    "ImageManifest",
    "InputFile",
    "Layer",
    "Limits",
    "OutputError",
    "OutputKind",
    "OutputSlot",
    "Reason",
    "ReasonCode",
    "RunResult",
    "RunSpec",
    "StoppedBy",
    "UserIdentity",
    "checked_json",
    "collect_outputs",
    "explain",
    "inspect_archive",
    "parse_json_strict",
]
