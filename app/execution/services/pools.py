"""Which jobs may share a warm container, and who waits for the worker that it keeps."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from app.execution import queueing
from app.execution.contract.serving import Pool
from app.execution.models import ContainerImage, Job, ModelWeights, Worker

WORK = "served.any"
"""The group of hints that every warm container listens to: a job was queued."""
TAKEN_BY_OTHERS = timedelta(seconds=1)


def served_group(run_id: str) -> str:
    """Return the group of hints for one warm container, by the run that opened it."""
    return f"served.{run_id[:36]}"


def pool_key(
    *,
    image: ContainerImage,
    model: ModelWeights | None,
    limits: Mapping[str, Any],
    scope: str,
) -> str:
    """Return the pool of jobs in ``scope``, or nothing where no container stays up for them.

    ``scope`` says whose data it is. A container keeps the limits that it was opened with, so jobs
    with other limits are in another pool.
    """
    if not scope or not image.stays_up:
        return ""
    bounds = json.dumps(limits, sort_keys=True)
    return Pool(
        image_id=image.digest,
        model_id=model.digest if model is not None else "",
        scope=f"{scope} {bounds}",
    ).key


def others_wait(job: Job) -> bool:
    """Tell whether this job's worker could do something else than its pool or endpoint.

    What was queued a moment ago does not count: a worker that is free takes it.
    """
    now = timezone.now()
    waiting = queueing.ready(now).filter(modified__lt=now - TAKEN_BY_OTHERS)
    if job.pool:
        waiting = waiting.exclude(pool=job.pool)
    worker = Worker.objects.filter(name=job.worker).first()
    if worker is not None:
        waiting = waiting.filter(queueing.suitable(worker))
    return waiting.exists()
