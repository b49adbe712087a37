"""Pages of sockets and their values."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from app.accounts.models import User
from app.core.errors import NotFound, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page
from app.sockets import selectors, services
from app.sockets.forms import Segments, SocketForm, color_of
from app.sockets.policies import SOCKETS
from app.sockets.schemas import KINDS, MOST_SEGMENTS, SuperKind
from app.sockets.snippets import snippets
from app.sockets.uses import uses_of

GROUPS = (
    (SuperKind.IMAGE, "Images", "Kept as images with thumbnails, and opened in the viewer."),
    (SuperKind.VALUE, "Values", "Kept as JSON, checked and shown as numbers, tables or charts."),
    (SuperKind.FILE, "Files", "Kept as they are, and checked by their content."),
)


@login_required
@require_safe
def socket_list(request: HttpRequest) -> HttpResponse:
    """List the sockets of everybody."""
    chosen = {"kind": request.GET.get("kind", ""), "by": request.GET.get("by", "")}
    page = list_page(
        request,
        selectors.listed_sockets(request.user, kind=chosen["kind"], by=chosen["by"]),
        search=("title", "slug", "description", "relative_path"),
        sorts=(("title", "Title"), ("slug", "Short name"), ("-created", "Newest")),
        chosen=chosen,
    )
    context = {
        "list": page,
        "kinds": [("", "All kinds"), *((key, kind.label) for key, kind in KINDS.items())],
        "makers": [("", "Everybody"), ("me", "You")],
        "can_create": SOCKETS.may_create(request.user),
    }
    return render(request, "sockets/list.html", context)


@login_required
@require_safe
def choose_kind(request: HttpRequest) -> HttpResponse:
    """Show the kinds of sockets that one can make."""
    _require_creating(request)
    groups = [
        (heading, text, [kind for kind in KINDS.values() if kind.super_kind is super_kind])
        for super_kind, heading, text in GROUPS
    ]
    return render(request, "sockets/choose.html", {"groups": groups})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest, kind: str) -> HttpResponse:
    """Make a socket of a kind; one more row for a segment is asked for with the form."""
    _require_creating(request)
    if kind not in KINDS:
        raise NotFound
    data = request.POST or None
    form = SocketForm(data, kind=KINDS[kind], user=request.user)
    segments = Segments(_with_more_rows(request), prefix="segments") if kind == "SEG" else None
    if data and "more" not in request.POST and _are_valid(form, segments):
        made = _made(request, form, segments)
        if made is not None:
            messages.success(request, "The socket is made. Everybody can use it from now on.")
            return redirect(made)
    context = {"form": form, "kind": KINDS[kind], "segments": segments}
    return render(request, "sockets/form.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a socket holds, an example, how containers use it, and who does."""
    socket = selectors.get_socket_for(request.user, slug)
    context = {
        "socket": socket,
        "kind": socket.socket_kind,
        "example": socket.example,
        "is_json": socket.socket_kind.super_kind is SuperKind.VALUE,
        "snippets": snippets(socket),
        "uses": uses_of(socket, user=request.user),
    }
    return render(request, "sockets/detail.html", context)


@login_required
@require_safe
def schema(request: HttpRequest, slug: str) -> JsonResponse:
    """Hand out the JSON Schema of a socket's values."""
    socket = selectors.get_socket_for(request.user, slug)
    return _as_file(selectors.schema_of(socket), name=f"{socket.slug}.schema.json")


@login_required
@require_safe
def value(request: HttpRequest, pk: int) -> JsonResponse:
    """Hand out a JSON value whole, as a file to keep."""
    found = selectors.get_value_for(request.user, pk)
    return _as_file(found.value, name=f"{found.socket.slug}-{found.pk}.json")


def _as_file(content: Any, *, name: str) -> JsonResponse:
    answer = JsonResponse(content, safe=False)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _require_creating(request: HttpRequest) -> None:
    if not SOCKETS.may_create(request.user):
        raise NotFound(
            "Sockets are made by verified people.",
            advice="Ask to be verified on the page of your profile.",
        )


def _with_more_rows(request: HttpRequest) -> Any:
    """Return what was sent, with three more rows if the reader asked for them."""
    if not request.POST or "more" not in request.POST:
        return request.POST or None
    sent = request.POST.copy()
    given = sent.get("segments-TOTAL_FORMS", "")
    rows = min(MOST_SEGMENTS, int(given[:3])) if given.isdecimal() else 0
    more = min(MOST_SEGMENTS, rows + 3)
    sent["segments-TOTAL_FORMS"] = str(more)
    for row in range(rows, more):
        sent[f"segments-{row}-color"] = color_of(row)
        sent[f"segments-{row}-visible"] = "on"
    return sent


def _are_valid(form: SocketForm, segments: Any) -> bool:
    return all([form.is_valid(), segments is None or segments.is_valid()])


def _made(request: HttpRequest, form: SocketForm, segments: Any) -> Any:
    """Make the socket; a complaint goes beside its field, and nothing is returned."""
    given = form.values()
    if segments is not None:
        given["segments"] = segments.values()
    try:
        return services.create_socket(actor=cast(User, request.user), **given)
    except ValidationFailed as error:
        add_errors(form, error)
        return None
