"""What a job may use: what was asked for, within what the administrator allows."""

from dataclasses import fields, replace
from typing import Any

from django.conf import settings

from app.execution.contract import Limits
from app.execution.models import Job

NEEDS = ("cpus", "memory", "gpus", "gpu_memory")
ANY_GPU_MEMORY = 2**44  # whoever asks for more than any worker has is told so


def default_limits() -> Limits:
    """Return what a job gets that asks for nothing."""
    return Limits(
        cpus=settings.JOB_CPUS,
        memory=settings.JOB_MEMORY_BYTES,
        wall_clock=float(settings.JOB_TIME_LIMIT),
    )


def max_limits() -> Limits:
    """Return what no job gets more of, whatever it asks for."""
    memory = settings.JOB_MAX_MEMORY_BYTES or settings.JOB_MEMORY_BYTES
    return replace(
        default_limits(),
        cpus=settings.JOB_MAX_CPUS or settings.JOB_CPUS,
        memory=memory,
        shm=max(memory // 2, Limits().shm),
        wall_clock=float(settings.JOB_MAX_TIME_LIMIT or settings.JOB_TIME_LIMIT),
        gpus=settings.JOB_MAX_GPUS,
        gpu_memory=ANY_GPU_MEMORY,
        writable_root=settings.JOB_MAX_WRITABLE_ROOT_BYTES,
    )


def job_limits(job: Job) -> Limits:
    """Return what a job may use.

    A limit that a job does not name is the settings' default; one that this version does not
    know (the job may be old) is left out.
    """
    known = {field.name for field in fields(Limits)}
    asked = {name: value for name, value in job.limits.items() if name in known}
    return capped(replace(default_limits(), **asked))


def needs_of(job: Job) -> dict[str, Any]:
    """Return what a job takes of a worker, as fields of its row."""
    limits = job_limits(job)
    return {name: getattr(limits, name) for name in NEEDS}


def capped(limits: Limits) -> Limits:
    """Return ``limits``, none of them above what the administrator allows."""
    most = max_limits().as_record()
    return Limits(**{name: min(value, most[name]) for name, value in limits.as_record().items()})
