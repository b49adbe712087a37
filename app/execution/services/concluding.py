"""Ending a job by its results: with what they are, or with what is wrong with them."""

from collections.abc import Sequence
from typing import Any

from app.execution.contract import ReasonCode
from app.execution.models import Job
from app.execution.services.jobs import end_locked
from app.execution.services.outputs import ReadOutput, publish_outputs
from app.sockets.schemas import InvalidValue

State = Job.State


def succeed(
    job: Job, outputs: Sequence[ReadOutput], *, through: Sequence[str] = (), **changes: Any
) -> None:
    """End a locked job with results that were checked; ``through`` are states on the way there."""
    job.outputs.add(*publish_outputs(outputs))
    described = {slug: dict(facts) for slug, facts in (job.record.get("outputs") or {}).items()}
    for output in outputs:
        described.setdefault(output.socket.slug, {})["content"] = output.content
    changes["record"] = job.record | {"outputs": described}
    code = str(ReasonCode.SUCCEEDED)
    end_locked(job, *through, State.SUCCEEDED, reason_code=code, **changes)


def refuse(job: Job, error: Any, *, through: Sequence[str] = (), **changes: Any) -> None:
    """End a locked job whose results its interface does not allow; ``error`` is of `REFUSALS`."""
    code, message, advice = str(ReasonCode.OUTPUT), *_words(error)
    said = (job.record.get("reason") or {}) | {"code": code, "message": message, "advice": advice}
    changes |= {"reason_code": code, "advice": advice, "record": job.record | {"reason": said}}
    end_locked(job, *through, State.FAILED, reason=message, **changes)


def _words(error: Any) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    if isinstance(error, InvalidValue):
        return str(error), ""
    return error.message, error.advice
