"""Pages of the audit log: searched by administrators, and the history of one object."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from app.audit import selectors
from app.audit.exports import exported
from app.audit.forms import SearchForm
from app.audit.registry import history_subject, page_of
from app.audit.services import record
from app.audit.telling import told
from app.core.errors import NotFound
from app.core.streaming import TABLE_TYPES, streamed

_LARGEST = 2**63 - 1


@login_required
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Search all events (administrators)."""
    events = selectors.events_for(request.user)
    form = SearchForm(request.GET or None)
    valid = form.is_bound and form.is_valid()
    search = form.search if valid else selectors.Search()
    wrong = form.is_bound and not valid
    page = selectors.page_of_events(
        events.none() if wrong else selectors.searched(events, search),
        before=_number(request, "before"),
        after=_number(request, "after"),
    )
    context = {
        "form": form,
        "entries": told(page.events),
        "page": page,
        "state": selectors.seal_state(),
        "query": _query(request),
        "narrowed": valid and search != selectors.Search(),
        "wrong": wrong,
    }
    return render(request, "audit/log.html", context)


@login_required
@require_safe
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Send the events that a search finds as a file; that is an event too."""
    events = selectors.events_for(request.user)
    if ending not in TABLE_TYPES:
        raise NotFound
    form = SearchForm(request.GET)
    if not form.is_valid():
        raise NotFound("This search cannot be understood.")
    given = {name: str(value) for name, value in form.cleaned_data.items() if value}
    found = selectors.searched(events, form.search)
    record("audit.log.exported", obj=None, data={"format": ending, "search": given})
    pieces = streamed(request, exported(found, ending=ending))
    response = StreamingHttpResponse(pieces, content_type=TABLE_TYPES[ending])
    name = f"audit-{timezone.now():%Y%m%d-%H%M%S}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
def history(request: HttpRequest, label: str, pk: UUID) -> HttpResponse:
    """Show who did what with one object, to those who answer for it."""
    subject = history_subject(label, user=request.user, pk=str(pk))
    page = selectors.history_page(subject, before=_number(request, "before"))
    context = {
        "subject": subject,
        "kind": subject._meta.verbose_name,
        "is_image": label == "images.image",
        "back": page_of(label, str(subject.pk)),
        "entries": told(page.events),
        "page": page,
        "started": bool(_number(request, "before")),
    }
    return render(request, "audit/history.html", context)


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return min(number, _LARGEST)


def _query(request: HttpRequest) -> str:
    """The search without the place in it, for links."""
    kept = {name: request.GET.get(name, "") for name in SearchForm.base_fields}
    return urlencode({name: value for name, value in kept.items() if value})
