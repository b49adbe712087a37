"""Where try-outs start, all of them: limits are asked here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from algorithms.models import (
    Algorithm,
    AlgorithmEndpoint,
    AlgorithmInterface,
    AlgorithmRun,
    AlgorithmVersion,
    Stage,
)
from algorithms.selectors import active_model, active_version
from algorithms.services.credits import charge, claim
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.execution.models import Job
from app.execution.services import job_limits, prepare_job, reproduce_job, submit_job
from app.images.models import Image
from app.sockets.models import SocketValue
from app.sockets.services import image_value, json_value
from archives.models import ArchiveItem

KIND = "algorithm"
LONGEST_CALL = 1800.0  # seconds; a container that waits for calls is not for long runs


@dataclass(frozen=True)
class NewRun:
    """One run to start: its title, its inputs, and where they come from."""

    title: str
    values: Sequence[SocketValue]
    item: ArchiveItem | None = None
    repeats: AlgorithmRun | None = None


@transaction.atomic
def start_runs(
    *,
    actor: User,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    new: Sequence[NewRun],
    priority: int = Job.Priority.INTERACTIVE,
) -> list[AlgorithmRun]:
    """Queue the runs, all or none; raises `LimitReached` when they are too many."""
    allowed = claim(actor=actor, version=version, runs=len(new))
    _require_offered(version, interface)
    runs = []
    for one in new:
        job = submit_job(
            actor=actor,
            kind=KIND,
            container_image=version.container_image,
            inputs=[stored(value) for value in one.values],
            priority=priority,
            scope=scope_of(actor),
            **means_of(version.algorithm),
        )
        run = _run(job, version, interface, title=one.title, item=one.item, repeats=one.repeats)
        runs.append(run)
    charge([run.job for run in runs], actor=actor, allowed=allowed)
    record("algorithms.run.started", obj=version.algorithm, actor=actor, data={"runs": len(runs)})
    return runs


@transaction.atomic
def prepare_run(
    *,
    actor: User,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    title: str,
    item: ArchiveItem | None = None,
    endpoint: AlgorithmEndpoint | None = None,
) -> AlgorithmRun:
    """Make a run whose inputs are still on their way; it takes its place and its credits now.

    With ``endpoint`` it is a call of that one's container.
    """
    allowed = claim(actor=actor, version=version, runs=1)
    _require_offered(version, interface)
    means = {"scope": scope_of(actor), **means_of(version.algorithm)}
    if endpoint is not None:
        means = _means_of_call(endpoint)
    job = prepare_job(
        actor=actor,
        kind=KIND,
        container_image=version.container_image,
        priority=Job.Priority.INTERACTIVE,
        **means,
    )
    run = _run(job, version, interface, title=title, item=item)
    charge([job], actor=actor, allowed=allowed)
    record("algorithms.run.started", obj=version.algorithm, actor=actor, data={"runs": 1})
    return run


@transaction.atomic
def start_reproduction(*, actor: User, run: AlgorithmRun) -> Job:
    """Do a run's job again to compare the outputs; it counts as a run does."""
    require_images(actor, run)
    allowed = claim(actor=actor, version=run.version, runs=1)
    job = reproduce_job(actor=actor, job=run.job)
    charge([job], actor=actor, allowed=allowed)
    record("algorithms.run.reproduced", obj=run, actor=actor, data={"job": str(job.pk)})
    return job


def require_images(actor: User, run: AlgorithmRun) -> None:
    """Refuse a run's inputs when the person may no longer use them: rights may have gone since."""
    images = run.job.inputs.filter(image__isnull=False).values("image")
    if Image.objects.usable_by(actor).filter(pk__in=images).count() != images.distinct().count():
        raise Conflict(
            "You may no longer use an image that this run was given.",
            advice="Ask an editor of its archive for access, or choose another case.",
        )


def version_to_run(algorithm: Algorithm) -> AlgorithmVersion:
    """Return the version that try-outs run, or raise `Conflict`."""
    version = active_version(algorithm)
    if version is None:
        raise Conflict(
            "This algorithm has no version that can run.",
            advice="An editor has to upload a container image that passes its checks.",
        )
    return version


def means_of(algorithm: Algorithm) -> dict[str, Any]:
    """Return the limits and the model weights that a run of the algorithm gets."""
    model = active_model(algorithm)
    return {"limits": algorithm.limits_for(), "model": model.weights if model else None}


def _means_of_call(endpoint: AlgorithmEndpoint) -> dict[str, Any]:
    """Return what the endpoint's container was started with; a call takes a shorter time."""
    container = endpoint.endpoint.job
    limits = job_limits(container)
    bounds = replace(limits, wall_clock=min(limits.wall_clock, LONGEST_CALL))
    return {"limits": bounds, "model": container.model, "endpoint": endpoint.endpoint}


def scope_of(user: User) -> str:
    """Return whose runs may share a container that stays up: one person's."""
    return f"person {user.pk}"


def stored(value: SocketValue) -> SocketValue:
    """Return a value that is in the database: one that was only planned is written now."""
    if value.pk is not None:
        return value
    if value.image is not None:
        return image_value(socket=value.socket, image=value.image)
    return json_value(socket=value.socket, value=value.value)


def _require_offered(version: AlgorithmVersion, interface: AlgorithmInterface) -> None:
    """Ask again under the lock that `claim` took: whoever retires or withdraws takes it too."""
    if AlgorithmVersion.objects.filter(pk=version.pk, stage=Stage.RETIRED).exists():
        raise Conflict(
            f"Version {version.number} was retired and runs no more.",
            advice="Choose another version.",
        )
    if not AlgorithmInterface.objects.filter(pk=interface.pk, withdrawn_at=None).exists():
        raise Conflict(
            "This interface of the algorithm was withdrawn and takes no more runs.",
            advice="Start a new run; its form asks for what the algorithm takes now.",
        )


def _run(
    job: Job,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    *,
    title: str,
    item: ArchiveItem | None = None,
    repeats: AlgorithmRun | None = None,
) -> AlgorithmRun:
    return AlgorithmRun.objects.create(
        version=version, interface=interface, job=job, title=title[:200], item=item, repeats=repeats
    )
