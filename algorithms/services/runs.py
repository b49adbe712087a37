"""Running algorithms on archive items."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse

from algorithms.models import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmRun,
    AlgorithmVersion,
    BatchCase,
)
from algorithms.news import RUN_DONE, RUN_FAILED
from algorithms.selectors import interface_of
from algorithms.services.credits import NOT_THEIRS, refund
from algorithms.services.planning import Given, plan_case, plan_cases
from algorithms.services.starting import NewRun, means_of, start_runs, stored, version_to_run
from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.core.tasks import enqueue_on_commit
from app.execution.contract import Limits, OutputSlot, RunSpec
from app.execution.models import Job
from app.execution.services import image_reference, job_limits, model_address, submit_job
from app.execution.staging import input_files, output_slots
from app.notifications.services import notify
from app.sockets.models import SocketValue
from archives.models import ArchiveItem

FEED = "algorithms.tasks.feed_batch"
SHOWN_PROBLEMS = 5


@transaction.atomic
def start_try_outs(
    *,
    actor: User,
    algorithm: Algorithm,
    items: Iterable[ArchiveItem],
    interface: AlgorithmInterface | None = None,
    given: Given | None = None,
) -> list[AlgorithmRun]:
    """Run the active version on each item, all or none; ``given`` is for what a case lacks."""
    version = version_to_run(algorithm)
    interface = interface or interface_of(algorithm)
    given = {key: stored(value) for key, value in (given or {}).items()}
    plans = plan_cases(user=actor, version=version, interface=interface, items=items, given=given)
    problems = [plan.problem for plan in plans if not plan.possible]
    if problems:
        raise ValidationFailed(
            " ".join(problems[:SHOWN_PROBLEMS]), advice="Choose cases that have it, or give it."
        )
    new = [NewRun(plan.item.title, plan.values, item=plan.item) for plan in plans]
    return start_runs(actor=actor, version=version, interface=interface, new=new)


@transaction.atomic
def create_run(
    *,
    actor: User,
    version: AlgorithmVersion,
    item: ArchiveItem,
    kind: str,
    scope: str = "",
    interface: AlgorithmInterface | None = None,
    limits: Limits | None = None,
) -> AlgorithmRun:
    """Submit one job of ``version`` on ``item`` for somebody else, such as a challenge.

    It is no try-out: whoever asks for it counts it by rules of their own. ``scope`` says whose
    data it is; runs of one scope may share a container that stays up. ``limits`` stand in for the
    algorithm's own.
    """
    interface = interface or interface_of(version.algorithm)
    inputs = inputs_for(interface, item)
    means = means_of(version.algorithm)
    if limits is not None:
        means["limits"] = limits
    job = submit_job(
        actor=actor,
        kind=kind,
        container_image=version.container_image,
        inputs=inputs,
        scope=scope,
        **means,
    )
    return AlgorithmRun.objects.create(
        version=version, interface=interface, job=job, try_out=False, title=item.title, item=item
    )


def inputs_for(interface: AlgorithmInterface, item: ArchiveItem) -> list[SocketValue]:
    """Match an item's values with an interface's inputs: by socket, else image for image.

    Raises `ValidationFailed` naming the input that the item has nothing for.
    """
    sockets = list(interface.inputs.all())
    plan = plan_case(sockets, item, {})
    if not plan.possible:
        raise ValidationFailed(plan.problem, advice="Choose a case that has it.")
    return [stored(value) for value in plan.values]


def build_algorithm_spec(job: Job) -> RunSpec:
    """Describe the run of an algorithm job."""
    run = AlgorithmRun.objects.select_related("version__algorithm", "interface").get(job=job)
    interface = run.interface or interface_of(run.version.algorithm)
    slots: tuple[OutputSlot, ...] = output_slots(interface.outputs.all())
    return RunSpec(
        run_id=str(job.pk),
        image=image_reference(job.container_image),
        inputs=input_files(job.inputs.select_related("socket__look_up_table", "image")),
        outputs=slots,
        model_url=model_address(job),
        limits=job_limits(job),
    )


def algorithm_job_finished(job: Job) -> None:
    """Tell whoever started a run how it ended; a batch tells of all its runs together."""
    run = AlgorithmRun.objects.select_related("version__algorithm").filter(job=job).first()
    if run is None or job.creator is None:
        return
    _refund(job)
    if job.endpoint_id is not None:
        return  # whoever calls waits for the answer
    batches = run.batch_cases.filter(state=BatchCase.State.STARTED).values_list("batch", flat=True)
    for batch in batches:
        enqueue_on_commit(FEED, batch)
    if batches:
        return
    done = job.state == Job.State.SUCCEEDED
    ended = "is done" if done else "did not succeed"
    notify(
        user=job.creator,
        kind=RUN_DONE if done else RUN_FAILED,
        text=f"{run.version.algorithm.title} on {run.title} {ended}.",
        url=reverse("algorithms:run", args=[run.pk]),
    )


def _refund(job: Job) -> None:
    """Give credits back for what was not the container's doing, and for what never started."""
    if job.state == Job.State.FAILED and job.reason_code in NOT_THEIRS:
        refund(job, why=job.reason_code)
    elif job.state == Job.State.CANCELLED and job.started_at is None:
        refund(job, why="cancelled before it started")
