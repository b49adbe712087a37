"""Jobs that programs start: inputs by socket, images among them possibly still to be imported."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmEndpoint, AlgorithmInterface, AlgorithmRun
from algorithms.selectors import get_run_of_job_for, interface_of, interfaces_of, sockets_of
from algorithms.services.starting import prepare_run, stored, version_to_run
from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.execution.models import Job
from app.execution.services import end_job, queue_job
from app.execution.services.endpoints import require_live
from app.images.models import Image, Import
from app.images.registry import Destination as ImportDestination
from app.sockets.models import SocketValue
from app.sockets.services import Destination, GivenValue, imported_value, pending, take_values
from archives.models import ArchiveItem

JOB = "job"


@transaction.atomic
def start_job(
    *,
    actor: User,
    algorithm: Algorithm,
    given: Sequence[GivenValue],
    held: Sequence[SocketValue] = (),
    item: ArchiveItem | None = None,
    endpoint: AlgorithmEndpoint | None = None,
) -> AlgorithmRun:
    """Run the active version on the given inputs; it starts when all of them are there.

    ``held`` are values that are there already, those of the case ``item``. With ``endpoint`` its
    container takes the run, and its version is the one that runs.
    """
    if endpoint is not None:
        require_live(endpoint.endpoint)
    version = version_to_run(algorithm) if endpoint is None else endpoint.version
    sockets = {value.socket.pk for value in given} | {value.socket_id for value in held}
    run = prepare_run(
        actor=actor,
        version=version,
        interface=_interface_for(algorithm, sockets),
        title=item.title if item is not None else _title(given),
        item=item,
        endpoint=endpoint,
    )
    job = run.job
    values = take_values(actor=actor, given=given, destination=Destination(JOB, job.pk))
    job.inputs.set([*values, *(stored(value) for value in held)])
    if not pending(given) and len(values) == len(given):
        queue_job(job, actor=actor)
    return run


def receive_job_input(source: Import, images: list[Image]) -> None:
    """Give a job an imported image; with the last one it is queued."""
    job = _waiting(source)
    if job is None:
        raise Conflict("The job ended while its inputs were being imported.")
    job.inputs.add(imported_value(source, images))
    run = AlgorithmRun.objects.select_related("version__algorithm", "interface").get(job=job)
    held = set(job.inputs.values_list("socket", flat=True))
    if held == sockets_of(run.interface or interface_of(run.version.algorithm)):
        queue_job(job, actor=job.creator)


def lose_job_input(source: Import) -> None:
    """End a job whose input cannot be had."""
    job = _waiting(source)
    if job is not None:
        reason = f"An input could not be imported: {source.message or 'it was cancelled.'}"
        end_job(job, Job.State.FAILED, reason=reason, reason_code="input")


def describe_job(user: User, pk: UUID) -> ImportDestination:
    """Name the job an import goes to, if it is the user's own; else `NotFound`."""
    run = get_run_of_job_for(user, pk, action="cancel")
    return ImportDestination(title=str(run), url=reverse("algorithms:run", args=[run.pk]))


def _waiting(source: Import) -> Job | None:
    pk = source.destination_id
    if pk is None:
        return None
    state = Job.State.VALIDATING_INPUTS
    return Job.objects.select_for_update().filter(pk=pk, state=state).first()


def _interface_for(algorithm: Algorithm, sockets: set[int]) -> AlgorithmInterface:
    """Return the interface that takes exactly these sockets, or raise `ValidationFailed`."""
    interfaces = list(interfaces_of(algorithm))
    for interface in interfaces:
        if sockets == sockets_of(interface):
            return interface
    wanted = " or ".join(
        ", ".join(sorted(socket.slug for socket in interface.inputs.all()))
        for interface in interfaces
    )
    raise ValidationFailed(fields={"inputs": [f"This algorithm takes {wanted}."]})


def _title(given: Sequence[GivenValue]) -> str:
    for value in given:
        if value.image is not None:
            return value.image.name
        if value.image_name:
            return value.image_name[:200]
        if len(value.uploads) == 1:
            return value.uploads[0].filename[:200]
        if value.uploads:
            return f"{len(value.uploads)} files"
    return "Values"
