"""Pages of batches: the list, the live progress, the results."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from algorithms import run_selectors, services
from algorithms.exports import FORMATS, results_of
from algorithms.models import RunBatch
from algorithms.services.batches import obstacle_of
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import NotFound
from app.core.pages import list_page
from app.design.templatetags.components import list_filter

LABELS = (
    ("WAITING", "Waiting"),
    ("ACTIVE", "Under way"),
    ("SUCCEEDED", "Succeeded"),
    ("FAILED", "Failed"),
    ("CANCELLED", "Cancelled"),
    ("SKIPPED", "Ran before"),
    ("REFUSED", "Not possible"),
)
_OPEN = ("WAITING", "ACTIVE")


@login_required
def batch_list(request: HttpRequest) -> HttpResponse:
    """List the user's batches."""
    page = list_page(
        request,
        run_selectors.own_batches(request.user),
        search=("title", "version__algorithm__title"),
        sorts=(("-created", "Newest"), ("title", "Archive")),
    )
    return render(request, "algorithms/batches.html", {"list": page})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far a batch is, case by case."""
    batch = run_selectors.get_batch_for(request.user, pk)
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in run_selectors.CASE_STATES else ""
    page = list_page(
        request,
        run_selectors.cases_of(batch, chosen),
        search=("title",),
        sorts=(("number", "In order"), ("title", "Case")),
        size=50,
        chosen={"state": chosen},
    )
    context = _progress(batch) | {
        "batch": batch,
        "lead": f"Version {batch.version.number}, started {batch.created:%d %B %Y}",
        "list": page,
        "filters": list_filter("state", "State", (("", "All"), *LABELS), chosen),
    }
    return render(request, "algorithms/batch.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel what waits and stop what runs."""
    batch = run_selectors.get_batch_for(request.user, pk, action="cancel")
    count = services.cancel_batch(actor=cast(User, request.user), batch=batch)
    messages.success(request, f"{count} case(s) are cancelled.")
    return redirect("algorithms:batch", pk=batch.pk)


@login_required
@require_POST
def rerun(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Run failed and cancelled cases again."""
    batch = run_selectors.get_batch_for(request.user, pk, action="repeat")
    count = services.rerun_failed(actor=cast(User, request.user), batch=batch)
    messages.success(request, f"{count} case(s) run again.")
    return redirect("algorithms:batch", pk=batch.pk)


@login_required
def results(request: HttpRequest, pk: UUID, ending: str) -> HttpResponse:
    """Download the results of every case, with addresses of files that work for an hour."""
    batch = run_selectors.get_batch_for(request.user, pk)
    if ending not in FORMATS:
        raise NotFound
    content, files = results_of(batch, ending=ending)
    record(
        "algorithms.batch.exported",
        obj=batch,
        actor=request.user,
        data={"format": ending, "files": files},
    )
    response = HttpResponse(content, content_type=FORMATS[ending])
    response["Content-Disposition"] = f'attachment; filename="batch-{batch.pk}.{ending}"'
    return response


def _progress(batch: RunBatch) -> dict[str, Any]:
    counts = run_selectors.batch_counts(batch)
    total = sum(counts.values())
    ended = total - sum(counts[state] for state in _OPEN)
    return {
        "counts": [(key, label, counts[key]) for key, label in LABELS],
        "total": total,
        "ended": ended,
        "progress_words": f"{ended:,} of {total:,}",
        "busy": ended < total,
        "failed": counts["FAILED"] + counts["CANCELLED"],
        "obstacle": obstacle_of(batch) if counts["WAITING"] else None,
    }
