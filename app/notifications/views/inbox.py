"""The inbox page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.pages import list_page
from app.notifications.kinds import title_of
from app.notifications.selectors import get_notification_for, notifications_for
from app.notifications.services import delete_notification, mark_all_read, mark_read

STATES = (("", "All"), ("unread", "Unread"), ("read", "Read"))

NO_NEWS = (
    "No news",
    "Here you read when an import is done, a run has finished or somebody gave you access.",
)
NOTHING_LIKE_IT = ("Nothing like it", "No message is of this state and kind. Choose others above.")


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """List what the user should know, newest first, by state and kind."""
    own = notifications_for(request.user)
    keys = sorted(own.order_by().values_list("kind", flat=True).distinct(), key=title_of)
    chosen = {
        "state": _one_of(request.GET.get("state", ""), [state for state, _ in STATES]),
        "kind": _one_of(request.GET.get("kind", ""), keys),
    }
    if chosen["state"]:
        own = own.filter(read_at__isnull=chosen["state"] == "unread")
    if chosen["kind"]:
        own = own.filter(kind=chosen["kind"])
    page = list_page(
        request,
        own,
        search=("text",),
        sorts=(("-created", "Newest"), ("created", "Oldest")),
        chosen=chosen,
    )
    kinds = [("", "Everything"), *((key, title_of(key)) for key in keys)]
    context = {
        "list": page,
        "states": STATES,
        "kinds": kinds,
        "here": request.get_full_path(),
        "nothing": NOTHING_LIKE_IT if page.is_filtered else NO_NEWS,
    }
    return render(request, "notifications/inbox.html", context)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    assert isinstance(request.user, User)
    mark_all_read(user=request.user)
    return _back(request)


@login_required
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one message as read, or with an empty ``read`` as unread again."""
    found = get_notification_for(request.user, pk)
    mark_read(found, read=request.POST.get("read", "yes") != "")
    return _back(request)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one message out of the inbox."""
    delete_notification(get_notification_for(request.user, pk))
    return _back(request)


def _one_of(given: str, known: list[str]) -> str:
    return given if given in known else ""


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Return to where in the inbox the user was."""
    target = request.POST.get("next", "")
    home = reverse("notifications:inbox")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or target[:1] != "/":
        target = home
    return HttpResponseRedirect(target)
