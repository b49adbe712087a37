"""The operator's page: workers, queues, and what is stuck."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from app.accounts.models import User
from app.audit.selectors import seal_state
from app.core.broker import broker_state
from app.core.errors import NotFound
from app.core.pages import list_page
from app.execution.services import drain_worker
from app.web import selectors
from viewer.selectors import viewer_servers


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show how the portal's machines do; the page asks for itself every few seconds."""
    workers = selectors.operator_workers(request.user)
    standing = request.GET.get("standing", "")
    if standing not in dict(selectors.STANDINGS):
        standing = ""
    page = list_page(
        request,
        selectors.by_need(workers.filter(selectors.standing_of(standing))),
        search=("name", "engine"),
        sorts=(("need", "Need of care"), ("name", "Name"), ("-last_seen", "Last seen")),
        size=50,
        chosen={"standing": standing},
    )
    context = {
        "list": page,
        "rows": selectors.worker_rows(page.items, viewer=request.user),
        "counts": selectors.worker_counts(workers),
        "lines": selectors.lines(),
        "troubles": selectors.troubles(viewer=request.user),
        "broker": broker_state(),
        "seal": seal_state(),
        "standings": selectors.STANDINGS,
        "viewers": viewer_servers(),
    }
    return render(request, "web/operations.html", context)


@login_required
@require_POST
def drain(request: HttpRequest) -> HttpResponse:
    """Let a worker take no more jobs, or take jobs again."""
    name = request.POST.get("worker", "")
    worker = selectors.operator_workers(request.user).filter(name=name[:200]).first()
    if worker is None:
        raise NotFound
    draining = request.POST.get("draining") == "1"
    drain_worker(actor=cast(User, request.user), worker=worker, draining=draining)
    said = "takes no more jobs; it finishes what it has" if draining else "takes jobs again"
    messages.success(request, f"{worker.name} {said}.")
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    return redirect("web:operations")
