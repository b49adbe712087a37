"""Everything that the clock has done now and then, done once by hand, with what came of it."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from app.audit.models import Event
from app.core.context import RequestContext, current, set_current
from app.core.ids import new_id
from app.core.scratch import sweep_scratch
from app.core.tasks import Task, noting_sent, periodic_tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """One reconciler's run: ``events`` and ``sent`` count what it recorded and sent by name."""

    name: str
    purpose: str
    seconds: float
    events: dict[str, int]
    sent: dict[str, int]
    problem: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def reconcilers(only: str = "") -> list[Task]:
    """Return the periodic tasks whose name contains ``only``."""
    return [task for task in periodic_tasks() if only in task.name]


def reconcile_all(only: str = "") -> Iterator[Done]:
    """Run every reconciler in this process, one after the other; none keeps the next from it."""
    for task in reconcilers(only):
        yield _run(task)
    if "scratch" in only or not only:
        yield _swept()


def _run(task: Task) -> Done:
    """Run one; its audit events are known by a request id of its own."""
    mark, before, problem = str(new_id()), current(), ""
    started = time.monotonic()
    set_current(RequestContext(request_id=mark))
    try:
        with noting_sent() as sent:
            task()
    except Exception as error:
        logger.exception("%s failed.", task.name)
        problem = f"{type(error).__name__}: {error}"[:500]
    finally:
        set_current(before)
    names = Event.objects.filter(request_id=mark).values_list("name", flat=True)
    return Done(
        name=task.name,
        purpose=str(task.run.__doc__ or "").strip().partition("\n")[0],
        seconds=round(time.monotonic() - started, 3),
        events=dict(Counter(names)),
        sent=dict(Counter(sent)),
        problem=problem,
    )


def _swept() -> Done:
    started = time.monotonic()
    swept = sweep_scratch()
    return Done(
        name="scratch",
        purpose="Remove temporary folders on this machine whose process was killed.",
        seconds=round(time.monotonic() - started, 3),
        events={"folders removed": len(swept)} if swept else {},
        sent={},
    )
