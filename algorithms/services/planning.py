"""What would run on which case, before anything is started: nothing is silently skipped."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from algorithms.models import AlgorithmInterface, AlgorithmRun, AlgorithmVersion
from algorithms.selectors import LONG_FIELDS
from app.accounts.models import User
from app.execution.models import Job
from app.sockets.models import Socket, SocketValue
from archives.models import ArchiveItem

Given = Mapping[int, SocketValue]
_DONE = tuple(state for state in Job.State if state not in {Job.State.FAILED, Job.State.CANCELLED})


@dataclass(frozen=True)
class CasePlan:
    """One case: the inputs it gives, what it lacks, and an earlier run on the same inputs."""

    item: ArchiveItem
    values: list[SocketValue] = field(default_factory=list)
    lacks: list[Socket] = field(default_factory=list)
    earlier: AlgorithmRun | None = None

    @property
    def possible(self) -> bool:
        """Tell whether the case has all that is needed."""
        return not self.lacks

    @property
    def problem(self) -> str:
        """What is missing, in words; empty when nothing is."""
        if not self.lacks:
            return ""
        names = ", ".join(f"“{socket.title}”" for socket in self.lacks)
        noun = "input" if len(self.lacks) == 1 else "inputs"
        return f"“{self.item.title}” has nothing for the {noun} {names}."


def plan_cases(
    *,
    user: User,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    items: Iterable[ArchiveItem],
    given: Given | None = None,
) -> list[CasePlan]:
    """Match each case with the interface; ``given`` fills in what a case has nothing for.

    Images that only go by another socket's name are planned but not written.
    """
    sockets = list(interface.inputs.all())
    plans = [plan_case(sockets, item, given or {}) for item in items]
    earlier = _earlier_runs(user, version, [plan.item for plan in plans])
    return [_with_earlier(plan, earlier) for plan in plans]


def plan_case(sockets: Sequence[Socket], item: ArchiveItem, given: Given) -> CasePlan:
    """Match one case's values with the inputs: by socket, else image for image, else as given."""
    values, lacks = match_values(sockets, list(item.values.all()), given)
    return CasePlan(item, values, lacks)


def match_values(
    sockets: Sequence[Socket], held: Sequence[SocketValue], given: Given
) -> tuple[list[SocketValue], list[Socket]]:
    """Do the same with the values that a case has; return them, and the inputs without one."""
    by_socket = {value.socket_id: value for value in held}
    values, lacks = [], []
    for socket in sockets:
        value = by_socket.get(socket.pk) or given.get(socket.pk) or _as_image(socket, held)
        if value is None:
            lacks.append(socket)
        else:
            values.append(value)
    return values, lacks


def mark(values: Iterable[SocketValue]) -> frozenset[str]:
    """Return what tells equal inputs from others, however they are stored."""
    return frozenset(f"{value.socket_id}:{_content(value)}" for value in values)


def _content(value: SocketValue) -> str:
    if value.image_id is not None:
        return f"image {value.image_id}"
    if value.has_value:
        return json.dumps(value.value, sort_keys=True)
    return f"file {value.sha256 or value.file_key}"


def _with_earlier(plan: CasePlan, earlier: Mapping[Any, AlgorithmRun]) -> CasePlan:
    found = earlier.get((plan.item.pk, mark(plan.values))) if plan.possible else None
    return CasePlan(plan.item, plan.values, plan.lacks, found)


def _earlier_runs(
    user: User, version: AlgorithmVersion, items: Sequence[ArchiveItem]
) -> dict[Any, AlgorithmRun]:
    """Return the person's runs of this version that are done or under way, by case and inputs."""
    runs = AlgorithmRun.objects.filter(
        version=version,
        job__creator=user,
        try_out=True,
        item__in=[item.pk for item in items],
        job__state__in=_DONE,
    )
    return {
        (run.item_id, mark(run.job.inputs.all())): run
        for run in runs.select_related("job").defer(*LONG_FIELDS).prefetch_related("job__inputs")
    }


def _as_image(socket: Socket, values: Iterable[SocketValue]) -> SocketValue | None:
    if socket.kind != "IMG":
        return None
    for value in values:
        if value.image is not None and value.socket.kind == "IMG":
            return SocketValue(socket=socket, image=value.image)
    return None
