"""Pages of images and imports."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.audit.registry import may_read_history
from app.core.errors import NotFound
from app.images.describing import (
    DOWNLOADS,
    chart,
    geometry_of,
    provenance_of,
    window_words,
)
from app.images.models import ImportFile
from app.images.registry import Destination, describe_destination
from app.images.selectors import get_image_for, get_import_for
from app.images.services import cancel_import

SHOWN_PROBLEMS = 500


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an image: how it lies, its values, where it comes from and its files."""
    image = get_image_for(request.user, pk)
    knows_people = may_read_history("images.image", user=request.user, pk=pk)
    context = {
        "image": image,
        "files": image.files.filter(kind__in=DOWNLOADS),
        "geometry": geometry_of(image),
        "chart": chart(image),
        "window": window_words(image),
        "provenance": provenance_of(image, user=request.user, knows_people=knows_people),
        "can_see_history": knows_people,
    }
    return render(request, "images/detail.html", context)


@login_required
def import_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an import's progress and, once done, what became of every file."""
    source = get_import_for(request.user, pk)
    problems = source.files.exclude(outcome=ImportFile.Outcome.USED)
    counts = {
        outcome: source.files.filter(outcome=outcome).count() for outcome in ImportFile.Outcome
    }
    problem_count = counts[ImportFile.Outcome.SKIPPED] + counts[ImportFile.Outcome.FAILED]
    context = {
        "source": source,
        "images": source.images.prefetch_related("files").order_by("name"),
        "problems": problems[:SHOWN_PROBLEMS],
        "more_problems": max(0, problem_count - SHOWN_PROBLEMS),
        "counts": {str(key): value for key, value in counts.items()},
        "destination": _destination(request, source.destination, source.destination_id),
    }
    return render(request, "images/import.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop an import."""
    source = get_import_for(request.user, pk, action="cancel")
    cancel_import(actor=cast(User, request.user), source=source)
    messages.success(request, "The import is cancelled.")
    return redirect("images:import", pk=source.pk)


def _destination(request: HttpRequest, key: str, pk: UUID | None) -> Destination:
    try:
        if pk is None:
            raise NotFound
        return describe_destination(key, request.user, pk)
    except NotFound:
        return Destination(title="Archive", url="/archives/")
