"""Running algorithms on archive items."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmRun, AlgorithmVersion
from algorithms.news import RUN_DONE, RUN_FAILED
from algorithms.selectors import active_version, interface_of
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, ValidationFailed
from app.execution.contract import OutputSlot, RunSpec
from app.execution.models import Job
from app.execution.services import image_reference, job_limits, submit_job
from app.execution.staging import input_files, output_slots
from app.notifications.services import notify
from app.sockets.models import Socket, SocketValue
from app.sockets.services import image_value
from archives.models import ArchiveItem


@transaction.atomic
def start_try_outs(
    *, actor: User, algorithm: Algorithm, items: Iterable[ArchiveItem]
) -> list[AlgorithmRun]:
    """Run the newest ready version on each item, for whoever asks."""
    version = active_version(algorithm)
    if version is None:
        raise Conflict(
            "This algorithm has no version that can run.",
            advice="An editor has to upload a container image that passes its checks.",
        )
    runs = [create_run(actor=actor, version=version, item=item) for item in items]
    record("algorithms.run.started", obj=algorithm, actor=actor, data={"runs": len(runs)})
    return runs


@transaction.atomic
def create_run(
    *,
    actor: User,
    version: AlgorithmVersion,
    item: ArchiveItem,
    kind: str = "algorithm",
    try_out: bool = True,
) -> AlgorithmRun:
    """Submit one job of ``version`` on ``item``'s images."""
    inputs = inputs_for(version.algorithm, item)
    job = submit_job(actor=actor, kind=kind, container_image=version.container_image, inputs=inputs)
    return AlgorithmRun.objects.create(version=version, job=job, try_out=try_out, title=item.title)


def inputs_for(algorithm: Algorithm, item: ArchiveItem) -> list[SocketValue]:
    """Match an item's values with the algorithm's inputs: by socket, else image for image.

    Raises `ValidationFailed` naming the input that the item has nothing for.
    """
    values = list(item.values.select_related("socket", "image"))
    by_socket = {value.socket_id: value for value in values}
    chosen = []
    for socket in interface_of(algorithm).inputs.all():
        value = by_socket.get(socket.pk) or _as_image(socket, values)
        if value is None:
            raise ValidationFailed(
                f"“{item.title}” has nothing for the input “{socket.title}”.",
                advice="Choose a case that has it.",
            )
        chosen.append(value)
    return chosen


def build_algorithm_spec(job: Job) -> RunSpec:
    """Describe the run of an algorithm job."""
    run = AlgorithmRun.objects.select_related("version__algorithm").get(job=job)
    interface = interface_of(run.version.algorithm)
    slots: tuple[OutputSlot, ...] = output_slots(interface.outputs.all())
    return RunSpec(
        run_id=str(job.pk),
        image=image_reference(job.container_image),
        inputs=input_files(job.inputs.all()),
        outputs=slots,
        limits=job_limits(job),
    )


def algorithm_job_finished(job: Job) -> None:
    """Tell whoever started a try-out how it ended."""
    run = AlgorithmRun.objects.select_related("version__algorithm").filter(job=job).first()
    if run is None or job.creator is None:
        return
    done = job.state == Job.State.SUCCEEDED
    ended = "is done" if done else "did not succeed"
    notify(
        user=job.creator,
        kind=RUN_DONE if done else RUN_FAILED,
        text=f"{run.version.algorithm.title} on {run.title} {ended}.",
        url=reverse("algorithms:run", args=[run.pk]),
    )


def _as_image(socket: Socket, values: list[SocketValue]) -> SocketValue | None:
    if socket.kind != "IMG":
        return None
    images = [value for value in values if value.image is not None and value.socket.kind == "IMG"]
    if not images or images[0].image is None:
        return None
    return image_value(socket=socket, image=images[0].image)
