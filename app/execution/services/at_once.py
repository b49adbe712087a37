"""Results that are read while their run is handed over: a few small JSON values.

All of it belongs to the transaction that takes the run over, so a kill leaves nothing in between:
either its worker has it still and tells it again, or the job has ended. Everything else is read by
a task of its own, in `app.execution.services.parsing`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from app.execution.gateway.base import Ending
from app.execution.models import IncomingOutput, Job
from app.execution.services.concluding import refuse, succeed
from app.execution.services.incoming import enclosed_row
from app.execution.services.limits import job_limits
from app.execution.services.outputs import REFUSALS, ReadOutput, read_value
from app.sockets.models import Socket
from app.sockets.schemas import SuperKind

logger = logging.getLogger(__name__)
State = Job.State


def end_at_once(job: Job, ending: Ending, *, through: Sequence[str], **changes: Any) -> bool:
    """Read what came along and end a locked job; ``False`` where that takes a task.

    ``job.record`` is what is known of the run by now; ``through`` are states on the way to the
    reading.
    """
    rows = {sent.slug: enclosed_row(job, sent) for sent in ending.enclosed}
    sockets = {} if ending.outputs else _values_among(rows)
    missing = set(job.record.get("required", [])) - set(rows)
    if missing or len(sockets) != len(rows) or ending.outputs:
        return False
    state, record = job.state, job.record
    way = (*through, State.PARSING)
    try:
        try:
            with transaction.atomic():
                succeed(job, _read(job, rows, sockets), through=way, **changes)
        except REFUSALS as error:
            job.state, job.record = state, record
            with transaction.atomic():
                refuse(job, error, through=way, **changes)
    except Exception:
        logger.exception("The results of job %s could not be read at once", job.pk)
        job.state, job.record = state, record
        return False
    return True


def _values_among(slugs: Iterable[str]) -> dict[str, Socket]:
    """Return those sockets that hold JSON values."""
    found = Socket.objects.filter(slug__in=slugs) if slugs else ()
    return {socket.slug: socket for socket in found if socket.super_kind is SuperKind.VALUE}


def _read(
    job: Job, rows: Mapping[str, IncomingOutput], sockets: Mapping[str, Socket]
) -> list[ReadOutput]:
    limits = job_limits(job)
    return [read_value(row, sockets[slug], limits=limits) for slug, row in rows.items()]
