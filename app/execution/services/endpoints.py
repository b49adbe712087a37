"""Endpoints: starting, keeping, calling and stopping a container that one person keeps warm.

The container is a job of its own kind (`Endpoint.KIND`). Whatever happens to that job happens to
its endpoint in the same transaction: `follow_job` watches every move.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.core.hints import hint
from app.core.states import transition
from app.execution.contract import Limits, RunSpec
from app.execution.contract.limits import readable_seconds
from app.execution.models import ContainerImage, Endpoint, Job
from app.execution.services.container_images import image_reference
from app.execution.services.jobs import cancel_job, end_job, prepare_job, queue_job
from app.execution.services.limits import job_limits
from app.execution.services.model_weights import model_address
from app.execution.services.pools import served_group

logger = logging.getLogger(__name__)
State = Endpoint.State
LONGEST_QUEUE = timedelta(hours=1)
UNASKED = timedelta(minutes=2)
_FOLLOWS = {
    Job.State.QUEUED: State.QUEUED,
    Job.State.PROVISIONING: State.STARTING,
    Job.State.EXECUTING: State.RUNNING,
    Job.State.SUCCEEDED: State.STOPPED,
    Job.State.CANCELLED: State.STOPPED,
    Job.State.FAILED: State.FAILED,
}


@transaction.atomic
def start_endpoint(
    *,
    actor: User,
    container_image: ContainerImage,
    limits: Limits | None = None,
    model: Any = None,
) -> Endpoint:
    """Have a container started that stays warm; it waits for a worker as a job does."""
    if not container_image.stays_up:
        raise Conflict(
            "This container ends after each case, so it cannot be kept warm.",
            advice="Start a run instead.",
        )
    job = prepare_job(
        actor=actor,
        kind=Endpoint.KIND,
        container_image=container_image,
        limits=limits,
        model=model,
        priority=Job.Priority.INTERACTIVE,
    )
    endpoint = Endpoint.objects.create(job=job, idle_seconds=settings.ENDPOINT_IDLE_SECONDS)
    record("execution.endpoint.started", obj=endpoint, actor=actor)
    queue_job(job, actor=actor)
    return endpoint


@transaction.atomic
def keep_alive(*, actor: User, endpoint: Endpoint) -> None:
    """Let the endpoint stay for its full idle time from now on."""
    current = _locked(endpoint)
    _require_live(current)
    if current.state == State.RUNNING:
        _prolong(current)
    record("execution.endpoint.kept", obj=current, actor=actor)
    endpoint.refresh_from_db()


@transaction.atomic
def stop_endpoint(*, actor: User | None, endpoint: Endpoint, reason: str = "") -> None:
    """Stop the container; calls that it has not answered are cancelled."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=endpoint.job_id)
    current = _locked(endpoint)
    if current.is_live:
        record("execution.endpoint.stop_requested", obj=current, actor=actor)
        if current.state != State.QUEUED:
            transition(current, State.STOPPING, actor=actor, reason=reason)
        elif reason:
            Endpoint.objects.filter(pk=current.pk).update(reason=reason)
        cancel_job(actor=actor, job=job)
        _end_calls(current)
        hint(served_group(str(job.pk)))
    endpoint.refresh_from_db()


@transaction.atomic
def require_live(endpoint: Endpoint) -> Endpoint:
    """Lock the endpoint for a call that is being written; raise `Conflict` if it takes none."""
    current = _locked(endpoint)
    _require_live(current)
    return current


def note_call(endpoint: Endpoint) -> None:
    """Count a call that its container takes now, which also keeps it."""
    endpoint.cases += 1
    _prolong(endpoint, "cases")


def is_too_old(endpoint: Endpoint) -> bool:
    """Tell whether the container has stayed as long as any may."""
    started = endpoint.job.started_at
    longest = timedelta(seconds=settings.ENDPOINT_LONGEST_SECONDS)
    return started is not None and timezone.now() - started > longest


def why_stop(endpoint: Endpoint) -> str:
    """Return why an endpoint without a call should stop now, or nothing."""
    if is_too_old(endpoint):
        longest = readable_seconds(settings.ENDPOINT_LONGEST_SECONDS)
        return f"It reached the longest life of an endpoint, {longest}."
    until = endpoint.keep_alive_until
    if until is not None and until <= timezone.now():
        return f"Nobody called it for {readable_seconds(endpoint.idle_seconds)}."
    return ""


def follow_job(job: Job, before: str, after: str) -> None:
    """Move an endpoint as its container's job moves, in the same transaction."""
    if job.kind != Endpoint.KIND:
        return
    endpoint = Endpoint.objects.select_for_update().filter(job=job).first()
    to = _FOLLOWS.get(Job.State(after))
    if endpoint is None or to is None or endpoint.state == to:
        return
    ends = to in Endpoint.MACHINE.final
    if endpoint.is_finished or (endpoint.state == State.STOPPING and not ends):
        return
    changes: dict[str, Any] = {}
    if to == State.RUNNING:
        changes["keep_alive_until"] = timezone.now() + timedelta(seconds=endpoint.idle_seconds)
    if to == State.FAILED and not endpoint.reason:
        changes["reason"] = job.reason
    transition(endpoint, to, **changes)
    if ends:
        _end_calls(endpoint)


def reconcile_endpoints() -> None:
    """Stop what nobody keeps any more although its container did not ask, and repair the rest."""
    now = timezone.now()
    unasked = Q(state=State.RUNNING, keep_alive_until__lt=now - UNASKED)
    forgotten = Q(state=State.QUEUED, modified__lt=now - LONGEST_QUEUE)
    needless = Q(state=State.QUEUED, keep_alive_until__lt=now)
    for endpoint in Endpoint.objects.filter(unasked | forgotten | needless).select_related("job"):
        if not _calls(endpoint).exists() or endpoint.modified < now - LONGEST_QUEUE:
            waited = endpoint.state == State.QUEUED and endpoint.keep_alive_until is None
            reason = "No worker became free for it." if waited else "Nobody called it any more."
            stop_endpoint(actor=None, endpoint=endpoint, reason=reason)
    live = Endpoint.objects.exclude(state__in=Endpoint.MACHINE.final)
    for endpoint in live.filter(job__state__in=Job.MACHINE.final).select_related("job"):
        follow_job(endpoint.job, "", endpoint.job.state)


def build_endpoint_spec(job: Job) -> RunSpec:
    """Describe the container itself; every call describes its case."""
    return RunSpec(
        run_id=str(job.pk),
        image=image_reference(job.container_image),
        model_url=model_address(job),
        limits=job_limits(job),
    )


def endpoint_finished(job: Job) -> None:
    """Do nothing: the endpoint followed every move of its job already."""


def _locked(endpoint: Endpoint) -> Endpoint:
    rows = Endpoint.objects.select_for_update(of=("self",)).select_related("job")
    return rows.get(pk=endpoint.pk)


def _require_live(endpoint: Endpoint) -> None:
    if not endpoint.is_live:
        raise Conflict(
            "This endpoint has ended.", advice="Start another one, or start a run instead."
        )


def _prolong(endpoint: Endpoint, *changed: str) -> None:
    """Let it stay for its idle time from now on, if that is longer than it would."""
    until = timezone.now() + timedelta(seconds=endpoint.idle_seconds)
    endpoint.keep_alive_until = max(endpoint.keep_alive_until or until, until)
    endpoint.save(update_fields=["keep_alive_until", "modified", *changed])


def _calls(endpoint: Endpoint) -> Any:
    return endpoint.invocations.exclude(state__in=Job.MACHINE.final)


def _end_calls(endpoint: Endpoint) -> None:
    """End the calls that an ended endpoint did not answer; one under way is stopped."""
    for call in _calls(endpoint).exclude(state=Job.State.PARSING).order_by("created"):
        if call.state in Job.HELD:
            cancel_job(actor=None, job=call)
        else:
            end_job(
                call,
                Job.State.CANCELLED,
                reason="The warm container ended before it took this call.",
                advice="Start the endpoint again, or start a run instead.",
            )
