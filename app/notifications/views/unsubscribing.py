"""Turning mail off by the link in it, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from app.notifications.services import unsubscribe
from app.notifications.unsubscribing import read_ticket


@csrf_exempt  # the signed link is the proof, and mail programs send no cookie (RFC 8058)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, ticket: str) -> HttpResponse:
    """Ask, and do it once the button is pressed: programs that look at links change nothing."""
    found = read_ticket(ticket)
    done = request.method == "POST"
    if done:
        unsubscribe(user=found.user, kind=found.kind)
    context = {"ticket": found, "done": done}
    return render(request, "notifications/unsubscribe.html", context)
