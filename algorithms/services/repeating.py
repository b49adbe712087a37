"""Runs again: the same inputs, of the same or another version; and what people add to a run."""

from collections.abc import Iterable

from django.db import transaction

from algorithms.models import AlgorithmInterface, AlgorithmRun, AlgorithmVersion, RunMember
from algorithms.policies import RUNS
from algorithms.selectors import interface_of, interfaces_of, sockets_of
from algorithms.services.credits import refund
from algorithms.services.starting import NewRun, require_images, start_runs, version_to_run
from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.audit.services import change, record
from app.core.errors import Conflict, ValidationFailed
from app.execution.models import Job
from app.execution.services import cancel_job


@transaction.atomic
def rerun(
    *, actor: User, run: AlgorithmRun, version: AlgorithmVersion | None = None
) -> AlgorithmRun:
    """Run once more on the same inputs: with ``version``, else with the active one."""
    version = version or version_to_run(run.version.algorithm)
    if version.algorithm_id != run.version.algorithm_id:
        raise ValidationFailed(fields={"version": ["Choose a version of the same algorithm."]})
    values = list(run.job.inputs.select_related("socket", "image"))
    interface = _interface_for(run, {value.socket_id for value in values})
    require_images(actor, run)
    new = NewRun(run.title, values, item=run.item, repeats=run)
    [made] = start_runs(actor=actor, version=version, interface=interface, new=[new])
    record("algorithms.run.repeated", obj=run, actor=actor, data={"run": str(made.pk)})
    return made


def cancel_run(*, actor: User, run: AlgorithmRun) -> None:
    """Stop a run, and every go at doing it again that is under way."""
    cancel_job(actor=actor, job=run.job)
    for job in run.job.reproductions.exclude(state__in=Job.MACHINE.final):
        cancel_job(actor=actor, job=job)
        if job.is_finished and job.started_at is None:
            refund(job, why="cancelled before it started")


def change_run(*, actor: User, run: AlgorithmRun, **changes: object) -> AlgorithmRun:
    """Change what a run is called, what is noted of it, or whether editors see it."""
    return change("algorithms.run.changed", obj=run, actor=actor, **changes)


@transaction.atomic
def share_run(
    *,
    actor: User,
    run: AlgorithmRun,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    for_editors: bool | None = None,
) -> None:
    """Let named people see a run, or no longer; and the algorithm's editors, where that is said."""
    for name in add:
        person = _person("add", name)
        grant_role(RUNS, actor=actor, obj=run, user=person, role=RunMember.Role.VIEWER)
    for name in remove:
        revoke_role(RUNS, actor=actor, obj=run, user=_person("remove", name))
    if for_editors is not None and for_editors != run.for_editors:
        change_run(actor=actor, run=run, for_editors=for_editors)


def _interface_for(run: AlgorithmRun, sockets: set[int]) -> AlgorithmInterface:
    """Return the interface that takes a run's inputs today; no two offered ones take the same."""
    had = run.interface or interface_of(run.version.algorithm)
    if sockets != sockets_of(had):
        raise Conflict(
            "This run never had all its inputs, so they cannot be used again.",
            advice="Start a new run and give them again.",
        )
    for interface in interfaces_of(run.version.algorithm):
        if sockets == sockets_of(interface):
            return interface
    raise Conflict(
        "The algorithm takes these inputs no more: the interface was withdrawn.",
        advice="Start a new run; its form asks for what the algorithm takes now.",
    )


def _person(field: str, name: str) -> User:
    by = "email__iexact" if "@" in name else "username"
    person = User.objects.filter(**{by: name.strip()}, is_active=True).first()
    if person is None:
        raise ValidationFailed(fields={field: [f"Nobody here is called “{name}”."]})
    return person
