"""Pages of imports: the list, the live progress, the account of every file."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import NotFound
from app.core.pages import ListPage, list_page
from app.core.streaming import TABLE_TYPES, streamed
from app.images import services
from app.images.exports import exported_files, shown_files
from app.images.models import Image, Import, ImportFile
from app.images.progress import (
    counts_of,
    kept_uploads_of,
    spoken,
    steps_of,
)
from app.images.registry import Destination, describe_destination
from app.images.removed import told_report
from app.images.selectors import can_retry, get_import_for, imports_of

SHOWN_IMAGES = 100
SHOWN_AT_ONCE = 24
Outcome = ImportFile.Outcome
STATES = (
    ("", "All"),
    *((str(state), str(state.label)) for state in Import.State),
)
SHOWN = (
    ("", "Not used"),
    (str(Outcome.FAILED), "Not usable"),
    (str(Outcome.SKIPPED), "Left out"),
    (str(Outcome.USED), "Used"),
    ("all", "All files"),
)


@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    """List the user's imports, the newest first."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in Import.State else ""
    found = imports_of(request.user)
    page = list_page(
        request,
        found.filter(state=chosen) if chosen else found,
        search=("destination_title",),
        sorts=(("-created", "Newest"), ("destination_title", "Goes to")),
        chosen={"state": chosen},
    )
    return render(request, "images/imports.html", {"list": page, "states": STATES})


@login_required
def import_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show an import's progress and, once done, what became of every file."""
    source = get_import_for(request.user, pk)
    return render(request, "images/import.html", _context(request, source))


@login_required
def import_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer what has changed since the page last asked; the whole once the import has ended.

    ``images`` is how many pictures the page has, ``said`` what its listener heard last.
    """
    source = get_import_for(request.user, pk)
    if source.is_finished:
        ended = {
            "source": source,
            "destination": _destination(request, source),
            "said": spoken(source, images=source.images.count()),
        }
        return render(request, "images/_import_ended.html", ended)
    context = _live(source, shown=_number(request.GET.get("images", "")))
    context["changed"] = request.GET.get("said", "") != context["said"][0]
    return render(request, "images/_import_live.html", context)


@login_required
def import_files(request: HttpRequest, pk: UUID, ending: str) -> HttpResponseBase:
    """Download the account of every file."""
    source = get_import_for(request.user, pk)
    if ending not in TABLE_TYPES:
        raise NotFound
    pieces = streamed(request, exported_files(source, ending=ending))
    response = StreamingHttpResponse(pieces, content_type=TABLE_TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="import-{source.pk}.{ending}"'
    return response


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop an import."""
    source = get_import_for(request.user, pk, action="cancel")
    services.cancel_import(actor=cast(User, request.user), source=source)
    messages.success(request, "The import is cancelled. Nothing of it was added.")
    return redirect("images:import", pk=source.pk)


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try again what failed."""
    source = get_import_for(request.user, pk, action="retry")
    straighten = request.POST.get("tilt") == "shear"
    services.retry_import(actor=cast(User, request.user), source=source, straighten=straighten)
    messages.success(request, "These files are tried again.")
    return redirect("images:import", pk=source.pk)


@login_required
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete the uploads that were kept for another try."""
    source = get_import_for(request.user, pk, action="discard")
    services.discard_kept_uploads(actor=cast(User, request.user), source=source)
    messages.success(request, "The kept uploads are deleted.")
    return redirect("images:import", pk=source.pk)


def _context(request: HttpRequest, source: Import) -> dict[str, Any]:
    place = _destination(request, source)
    context: dict[str, Any] = {"source": source, "destination": place}
    if not source.is_finished:
        return context | _live(source, shown=0)
    images = _images(source)
    count = images.count()
    return context | {
        "images": images[:SHOWN_IMAGES],
        "image_count": count,
        "more_images": max(0, count - SHOWN_IMAGES),
        "counts": counts_of(source),
        "files": _files(request, source),
        "shown": SHOWN,
        "kept": kept_uploads_of(source),
        "retries": bool(place.url) and can_retry(source),
        "tilted": source.files.filter(code="GantryTilt").exists(),
        "said": spoken(source, images=count),
        "waiting": source.quarantined.open().count(),
        "reviews": source.quarantined.reviewable_by(request.user).open().exists(),
        "removed": told_report(source),
    }


def _live(source: Import, *, shown: int) -> dict[str, Any]:
    """What a running import shows; pictures only from the one that the page waits for."""
    images = _images(source).order_by("created", "pk")
    count = images.count()
    new = list(images[shown : shown + SHOWN_AT_ONCE]) if shown < SHOWN_IMAGES else []
    return {
        "source": source,
        "steps": steps_of(source),
        "images": new,
        "image_count": count,
        "held": shown + len(new),
        "said": spoken(source, images=count),
        "changed": True,
    }


def _images(source: Import) -> QuerySet[Image]:
    return source.images.prefetch_related("files").order_by("name", "pk")


def _files(request: HttpRequest, source: Import) -> ListPage:
    chosen = request.GET.get("outcome", "")
    chosen = chosen if chosen in dict(SHOWN) else ""
    rows = shown_files(source).select_related("image")
    if not chosen:
        rows = rows.exclude(outcome=Outcome.USED)
    elif chosen != "all":
        rows = rows.filter(outcome=chosen)
    return list_page(
        request,
        rows,
        search=("path", "code", "message"),
        sorts=(("outcome", "Problems first"), ("path", "File")),
        size=50,
        chosen={"outcome": chosen},
    )


def _destination(request: HttpRequest, source: Import) -> Destination:
    """Return where an import goes; without an address where the user may not add any more."""
    try:
        if source.destination_id is None:
            raise NotFound
        return describe_destination(source.destination, request.user, source.destination_id)
    except NotFound:
        return Destination(title=source.destination_title, url="")


def _number(given: str) -> int:
    return min(int(given), SHOWN_IMAGES) if given.isascii() and given.isdecimal() else 0
