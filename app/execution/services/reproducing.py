"""Running a job again from its record, and comparing what came out."""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

from django.db import transaction

from app.accounts.models import User
from app.core.errors import Conflict
from app.execution.contract import Limits, RunSpec
from app.execution.models import Job
from app.execution.models.checked_upload import CheckedUpload
from app.execution.registry import job_kind
from app.execution.services.container_images import image_reference
from app.execution.services.jobs import submit_job
from app.execution.services.limits import job_limits
from app.execution.services.model_weights import model_address

A = TypeVar("A", bound=CheckedUpload)
REPRODUCTION = "reproduction"


@dataclass(frozen=True)
class Comparison:
    """One output of a job and of the job that did it again, by digests of what they mean."""

    slug: str
    original: str
    again: str

    @property
    def agrees(self) -> bool:
        """Tell whether the same came out."""
        return bool(self.again) and self.original == self.again


@transaction.atomic
def reproduce_job(*, actor: User, job: Job) -> Job:
    """Queue the same run once more: same image by digest, same inputs, same limits.

    Doing a repetition again repeats the original.
    """
    known = Job.objects.select_related("container_image", "model")
    original = known.get(pk=job.reproduces_id or job.pk)
    if original.state != Job.State.SUCCEEDED:
        raise Conflict(
            "Only a job that succeeded can be reproduced.",
            advice="Run it again instead.",
        )
    model = _stored(original.model) if original.model is not None else None
    if model is not None and not model.is_ready:
        raise Conflict(
            "The storage of the model weights that this job ran with was given back.",
            advice="An editor can upload their archive again on the page of the weights.",
        )
    again = submit_job(
        actor=actor,
        kind=REPRODUCTION,
        container_image=_stored(original.container_image),
        inputs=original.inputs.all(),
        limits=_limits_of(original),
        model=model,
    )
    again.reproduces = original
    again.save(update_fields=["reproduces", "modified"])
    return again


def compare_outputs(job: Job) -> list[Comparison]:
    """Say which outputs of a job that did another again agree with that one's.

    Values are compared by meaning, images by voxels and geometry, files byte by byte. Nothing
    agrees before the job has succeeded.
    """
    if job.reproduces is None:
        raise Conflict("This job does not reproduce another one.")
    before, after = _contents(job.reproduces), _contents(job)
    return [
        Comparison(slug, original=before.get(slug, ""), again=after.get(slug, ""))
        for slug in sorted(before.keys() | after.keys())
    ]


def build_reproduction_spec(job: Job) -> RunSpec:
    """Describe the run as its kind describes the original, with the limits it had then."""
    if job.reproduces is None:
        raise Conflict("The job that this one reproduces is gone.")
    spec = job_kind(job.reproduces.kind).build_spec(job.reproduces)
    return replace(
        spec,
        image=image_reference(job.container_image),
        model_url=model_address(job),
        limits=job_limits(job),
    )


def reproduction_finished(job: Job) -> None:
    """Do nothing: whoever asked looks at the comparison."""


def _contents(job: Job) -> dict[str, str]:
    outputs = job.record.get("outputs") or {}
    return {slug: str(facts.get("content", "")) for slug, facts in outputs.items()}


def _stored(archive: A) -> A:
    """The archive itself, or another upload of the very same, if its storage was given back."""
    if archive.is_ready or not archive.digest:
        return archive
    same = type(archive)._default_manager.filter(
        state=CheckedUpload.State.READY, digest=archive.digest
    )
    found: A | None = same.first()
    return found or archive  # which is refused, with what to do


def _limits_of(job: Job) -> Limits:
    known = {field.name for field in fields(Limits)}
    recorded = job.record.get("limits") or {}
    return replace(job_limits(job), **{k: v for k, v in recorded.items() if k in known})
