"""Pages of asking for access and of deciding about it."""

from contextlib import suppress
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import NotFound, PortalError, ValidationFailed
from app.core.pages import list_page
from app.requests import selectors, services
from app.requests.errors import RequestGone
from app.requests.forms import AskForm, DecisionForm
from app.requests.models import AccessRequest
from app.requests.policies import RequestPolicy
from app.requests.registry import kind_named

SORTS = (("-created", "Newest"), ("created", "Oldest"))
MOST_AT_ONCE = 200


@login_required
def discover(request: HttpRequest) -> HttpResponse:
    """List what others have listed and the user has no access to yet."""
    search = request.GET.get("q", "")
    rows = selectors.listed_for(request.user, search=search)
    page = list_page(request, rows, search=(), sorts=(("name", "Title"), ("-created", "Newest")))
    return render(request, "requests/discover.html", {"list": selectors.listed_on(page)})


@login_required
def card(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Show what an object is, and let the user ask for access."""
    user = cast(User, request.user)
    found = selectors.get_card_for(user, key, pk)
    choices = found.choices or found.kind.choices[:1]
    questions = found.kind.asked_for(found.target) if found.can_ask else ()
    form = AskForm(request.POST or None, choices=choices, questions=questions)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = services.ask_for_access(user=user, target=found.target, **form.asked)
        except NotFound:
            raise
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}".strip())
        else:
            if outcome.accepted:
                messages.success(request, "You have access now.")
                return redirect(found.kind.page_of(found.target))
            messages.success(request, "You have asked. You are told when it is decided.")
            return redirect("requests:detail", key=key, pk=outcome.request.pk)
    return render(request, "requests/card.html", {"card": found, "form": form})


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """List the requests that the user may decide, or the user's own."""
    mine = request.GET.get("show") == "mine"
    user = request.user
    rows = selectors.requests_made_by(user) if mine else selectors.requests_to_decide_by(user)
    page = list_page(request, rows, search=(), sorts=SORTS)
    context = {
        "list": selectors.entries_on(page),
        "mine": mine,
        "not_mine": not mine,
        "waiting": page.total if not mine else selectors.requests_to_decide_by(user).count(),
    }
    return render(request, "requests/list.html", context)


@login_required
def detail(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Show a request: to editors with the buttons that decide it, to the asker how it stands."""
    found = selectors.get_request_for(request.user, key, pk)
    kind = kind_named(key)
    policy = RequestPolicy(kind)
    held = kind.policy.role_of(found.user, found.target)
    context = {
        "access_request": found,
        "kind": kind,
        "page": kind.page_of(found.target),
        "form": DecisionForm(),
        "held": kind.role_name(held) if held else "",
        "earlier": kind.rows.filter(user=found.user, target=found.target).exclude(pk=found.pk),
        "can_decide": policy.allows(request.user, found, "decide"),
        "can_withdraw": policy.allows(request.user, found, "withdraw"),
    }
    return render(request, "requests/detail.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Let somebody in."""
    found = selectors.get_request_for(request.user, key, pk, action="decide")
    name, reason = found.user.display_name, _reason(request)
    try:
        given = services.accept_request(
            actor=cast(User, request.user), request=found, reason=reason
        )
    except NotFound:
        raise
    except PortalError as error:
        return _told(request, error, key=key, found=found)
    if given:
        messages.success(request, f"{name} now has access.")
    else:
        messages.info(request, f"{name} had access already; the request is closed.")
    return _back(request, key=key, found=found)


@login_required
@require_POST
def reject(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Reject a request."""
    found = selectors.get_request_for(request.user, key, pk, action="decide")
    reason = _reason(request)
    try:
        services.reject_request(actor=cast(User, request.user), request=found, reason=reason)
    except NotFound:
        raise
    except PortalError as error:
        return _told(request, error, key=key, found=found)
    messages.success(request, f"The request of {found.user.display_name} is rejected.")
    return _back(request, key=key, found=found)


@login_required
@require_POST
def withdraw(request: HttpRequest, key: str, pk: UUID) -> HttpResponse:
    """Take the own request back."""
    found = selectors.get_request_for(request.user, key, pk, action="withdraw")
    try:
        services.withdraw_request(actor=cast(User, request.user), request=found)
    except NotFound:
        raise
    except PortalError as error:
        return _told(request, error, key=key, found=found)
    messages.success(request, "Your request is withdrawn.")
    return _back(request, key=key, found=found)


@login_required
@require_POST
def accept_several(request: HttpRequest) -> HttpResponse:
    """Let several people in; each request is decided on its own."""
    given = request.POST.getlist("requests")[:MOST_AT_ONCE]
    chosen = _decidable(request, given)
    if given and not chosen:
        raise RequestGone
    accepted, hindrances = services.accept_requests(actor=cast(User, request.user), requests=chosen)
    if accepted:
        requests = "request is" if accepted == 1 else "requests are"
        messages.success(request, f"{accepted} {requests} accepted.")
    for hindrance in hindrances:
        messages.warning(request, f"{hindrance.message} {hindrance.advice}".strip())
    if len(chosen) < len(given):
        messages.warning(request, "Some of the requests are not there any more.")
    if not given:
        messages.info(request, "Choose whom to let in first.")
    return redirect(_next(request) or "requests:list")


def _decidable(request: HttpRequest, given: list[str]) -> list[AccessRequest]:
    found = []
    for name in given:
        key, _, pk = name.partition("/")
        with suppress(RequestGone):
            found.append(selectors.get_request_for(request.user, key, pk, action="decide"))
    return found


def _reason(request: HttpRequest) -> str:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise ValidationFailed(
            "The reason is too long.",
            fields={"reason": ["Use at most 500 characters."]},
            advice="Go back and shorten it; nothing was decided.",
        )
    return str(form.cleaned_data["reason"])


def _told(
    request: HttpRequest, error: PortalError, *, key: str, found: AccessRequest
) -> HttpResponse:
    messages.warning(request, f"{error.message} {error.advice}".strip())
    return _back(request, key=key, found=found)


def _back(request: HttpRequest, *, key: str, found: AccessRequest) -> HttpResponse:
    target = _next(request)
    return redirect(target) if target else redirect("requests:detail", key=key, pk=found.pk)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if allowed else ""
