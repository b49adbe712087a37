"""Where results come from: everything about a run that somebody needs to check or repeat it."""

from typing import Any
from uuid import UUID

from algorithms.models import AlgorithmRun
from algorithms.selectors import hidden_images, inputs_for_eyes_of
from app.execution.services import job_limits
from app.sockets.models import SocketValue


def record_of(user: Any, run: AlgorithmRun) -> dict[str, Any]:
    """Return a run's record as ``user`` may see it: inputs of others are left out."""
    job = run.job
    model = job.model
    return {
        "run": str(run.pk),
        "job": str(job.pk),
        "title": run.title,
        "algorithm": {"title": run.version.algorithm.title, "version": run.version.number},
        "container_image": {"digest": job.container_image.digest},
        "model": {"digest": model.digest} if model is not None else None,
        "state": job.state,
        "reason": job.reason,
        "created": job.created.isoformat(),
        "started": job.started_at.isoformat() if job.started_at else None,
        "finished": job.finished_at.isoformat() if job.finished_at else None,
        "limits": job_limits(job).as_record(),
        "inputs": [_value(value) for value in inputs_for_eyes_of(user, run)],
        "outputs": [_value(value) for value in job.outputs.select_related("socket", "image")],
        "record": _without(hidden_images(user, [run]), job.record),
    }


def _without(hidden: set[UUID], record: dict[str, Any]) -> dict[str, Any]:
    """Leave out the digests of images that the reader may not see; paths name them."""
    names = [str(pk) for pk in hidden]
    inputs = record.get("inputs") or {}
    kept = {path: inputs[path] for path in inputs if not any(name in path for name in names)}
    return record | {"inputs": kept} if names else record


def _value(value: SocketValue) -> dict[str, Any]:
    found: dict[str, Any] = {"socket": value.socket.slug, "kind": value.socket.socket_kind.label}
    if value.image_id is not None:
        return found | {"image": str(value.image_id)}
    if value.has_value:
        return found | {"value": value.value}
    return found | {"sha256": value.sha256, "size": value.file_size}
