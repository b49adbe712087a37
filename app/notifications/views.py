"""The inbox page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.pages import list_page
from app.notifications.models import Notification
from app.notifications.services import mark_all_read


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """List what the user should know, newest first."""
    assert isinstance(request.user, User)
    page = list_page(
        request,
        Notification.objects.filter(user=request.user),
        search=("text",),
        sorts=(("-created", "Newest"), ("created", "Oldest")),
    )
    return render(request, "notifications/inbox.html", {"list": page})


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    assert isinstance(request.user, User)
    mark_all_read(user=request.user)
    return redirect("notifications:inbox")
