"""What a submitted algorithm gets for each case, as the phase says."""

from dataclasses import replace
from typing import Any

from algorithms.models import Algorithm
from app.challenges.models import Phase
from app.execution.contract import Limits
from app.execution.contract.limits import MIB, readable_bytes, readable_seconds
from app.execution.services.limits import capped, max_limits


def limits_in(phase: Phase, algorithm: Algorithm) -> Limits:
    """Return the limits of a job: the phase's, and the algorithm's own where it states none.

    A GPU is only given to an algorithm that asks for one: others would wait for nothing.
    """
    stated = _stated(phase)
    own = algorithm.limits_for()
    if not own.gpus:
        stated |= {"gpus": 0, "gpu_memory": 0}
    return capped(replace(own, **stated))


def sample_limits(phase: Phase) -> Limits:
    """Return the limits of an algorithm that asks for nothing itself, as a starter kit has them."""
    return limits_in(phase, Algorithm())


def excess(phase: Phase, algorithm: Algorithm) -> list[str]:
    """Return what the algorithm needs more of than the phase gives, in words."""
    own, given = algorithm.limits_for(), limits_in(phase, algorithm)
    found = []
    if algorithm.memory_mb and own.memory > given.memory:
        found.append(
            f"{readable_bytes(own.memory)} of memory, and the phase gives "
            f"{readable_bytes(given.memory)}"
        )
    if own.gpus > given.gpus:
        has = f"{given.gpus}" if given.gpus else "none"
        found.append(f"{own.gpus} GPU{'s' if own.gpus > 1 else ''}, and the phase gives {has}")
    return found


def resource_facts(phase: Phase) -> list[tuple[str, str]]:
    """Return what each case gets, as labels and words for the submission page."""
    most = max_limits()
    stated = _stated(phase)
    facts = []
    for name, label, words in _WORDS:
        if name in stated:
            facts.append((label, words(stated[name])))
        else:
            ceiling = words(getattr(most, name))
            facts.append((label, f"as your algorithm asks, at most {ceiling}"))
    if stated.get("gpus") and stated.get("gpu_memory"):
        facts.append(("Memory of a GPU", f"at least {readable_bytes(stated['gpu_memory'])}"))
    return facts


def _stated(phase: Phase) -> dict[str, Any]:
    found = {
        "cpus": phase.cpus and float(phase.cpus),
        "memory": phase.memory_mb and phase.memory_mb * MIB,
        "wall_clock": phase.time_limit and float(phase.time_limit),
        "gpus": phase.gpus,
        "gpu_memory": phase.gpu_memory_mb and phase.gpu_memory_mb * MIB,
    }
    return {name: value for name, value in found.items() if value is not None}


def _count(value: float) -> str:
    return f"{value:g}"


def _gpus(value: int) -> str:
    return f"{value}" if value else "none"


_WORDS = (
    ("gpus", "GPUs", _gpus),
    ("cpus", "Processors", _count),
    ("memory", "Memory", readable_bytes),
    ("wall_clock", "Time for a case", readable_seconds),
)
