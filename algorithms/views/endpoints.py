"""Pages of endpoints: what somebody keeps warm, for how long, and what it was called with."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from algorithms import selectors, services
from algorithms.models import AlgorithmEndpoint
from algorithms.progress import took
from algorithms.services.starting import version_to_run
from algorithms.views.algorithms import rights
from app.accounts.models import User
from app.core.errors import PortalError
from app.core.pages import list_page
from app.execution.selectors import job_log, waiting_reason
from app.execution.services.endpoints import keep_alive, stop_endpoint


@login_required
def endpoint_list(request: HttpRequest) -> HttpResponse:
    """List what the user keeps warm and kept warm before."""
    user = cast(User, request.user)
    page = list_page(
        request,
        selectors.endpoints_for(user).filter(endpoint__job__creator=user),
        search=("version__algorithm__title",),
        sorts=(("-created", "Newest"), ("version__algorithm__title", "Algorithm")),
    )
    return render(request, "algorithms/endpoints.html", {"list": page})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an endpoint and its calls."""
    found = selectors.get_endpoint_for(request.user, pk)
    calls = list_page(
        request,
        selectors.runs_for(request.user)
        .filter(job__endpoint=found.endpoint)
        .defer(None)
        .defer("job__log"),
        search=("title",),
        sorts=(("-created", "Newest"), ("title", "Case")),
        size=15,
    )
    for run in calls.items:
        run.took = took(run.job)
    context = {
        **_state(found),
        "algorithm": found.version.algorithm,
        "list": calls,
        "may_call": found.endpoint.job.creator_id == request.user.pk and found.endpoint.is_live,
        **rights(request, found.version.algorithm),
    }
    return render(request, "algorithms/endpoint.html", context)


@login_required
@require_POST
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a container of the algorithm started that stays for the user."""
    algorithm = selectors.get_algorithm_for(request.user, pk, action="run")
    actor = cast(User, request.user)
    try:
        found = services.keep_warm(actor=actor, version=version_to_run(algorithm))
    except PortalError as error:
        messages.error(request, f"{error.message} {error.advice}".strip())
        return redirect("algorithms:detail", pk=algorithm.pk)
    messages.success(request, "The container is being started. It then answers at once.")
    return redirect("algorithms:endpoint", pk=found.pk)


@login_required
@require_POST
def keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the container stay for its full time from now on."""
    found = selectors.get_endpoint_for(request.user, pk, action="keep")
    try:
        keep_alive(actor=cast(User, request.user), endpoint=found.endpoint)
    except PortalError as error:
        messages.error(request, f"{error.message} {error.advice}".strip())
    else:
        messages.success(request, "It stays for longer.")
    return redirect("algorithms:endpoint", pk=found.pk)


@login_required
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop the container."""
    found = selectors.get_endpoint_for(request.user, pk, action="stop")
    stop_endpoint(actor=cast(User, request.user), endpoint=found.endpoint)
    messages.success(request, "The container is being stopped.")
    return redirect("algorithms:endpoint", pk=found.pk)


def _state(found: AlgorithmEndpoint) -> dict[str, Any]:
    """Return what the part of the page shows that changes by itself."""
    endpoint = found.endpoint
    return {
        "found": found,
        "endpoint": endpoint,
        "waiting": waiting_reason(endpoint.job),
        "log_text": job_log(endpoint.job)[0],
        "idle": settings.ENDPOINT_IDLE_SECONDS,
        "longest": settings.ENDPOINT_LONGEST_SECONDS,
    }
