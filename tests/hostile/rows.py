"""What one row of the table is: an attack, its honest twin, and how it has to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.execution.contract import Limits, OutputSlot, ReasonCode, RunResult
from app.execution.executors.docker import StorageKind
from tests.contract.executor_cases import RESULT, SMALL
from tests.factories.containers import Entry
from tests.hostile.witness import Witness

OK = "echo '{\"score\": 1}' > /output/result.json"
QUICK = replace(SMALL, wall_clock=4)
BOTH: tuple[StorageKind, ...] = ("host", "engine")


@dataclass(frozen=True, kw_only=True)
class Attack:
    """A container that means harm.

    `script` and `honest` run in the same image under the same limits; `honest` is followed by
    writing a good result. In both, `{secret}`, `{tag}`, `{port}`, `{abstract}` and `{pid}` stand
    for things outside of the container (`canary.Canary.names`). `within` bounds the seconds of the
    whole run, and `says` is a part of its reason, its advice, its warnings or its log. `converts`
    hands images to the converter, as parsing does next: it takes the honest one and no other.
    `is_image` says that the image itself is the attack: the twin has nothing of it but its script.
    """

    name: str
    does: str
    script: str
    honest: str = "true"
    ends: ReasonCode | tuple[ReasonCode, ...]
    within: float = 15
    says: str = ""
    limits: Limits = SMALL
    outputs: tuple[OutputSlot, ...] = (RESULT,)
    honest_writes: str = OK
    layer: Mapping[str, Entry] = field(default_factory=dict)
    second_layer: Mapping[str, Entry] = field(default_factory=dict)
    image: Mapping[str, Any] = field(default_factory=dict)
    storages: tuple[StorageKind, ...] = BOTH
    also: Callable[[RunResult, Witness], None] | None = None
    converts: bool = False
    is_image: bool = False
    sample: bool = False

    @property
    def allowed(self) -> tuple[ReasonCode, ...]:
        """The codes of which one has to be the reason's."""
        return self.ends if isinstance(self.ends, tuple) else (self.ends,)


def refused(attempt: str) -> str:
    """A script that tells by what error an attempt was refused, and fails when it was not."""
    return f'{attempt} && exit 77; echo "refused with $?"; {OK}'
