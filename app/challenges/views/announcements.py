"""Announcements: read by everybody who sees the challenge, made by organizers."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.page_forms import AnnouncementForm
from app.challenges.views.challenges import rights
from app.core.errors import LimitReached
from app.core.markdown import render_markdown
from app.core.pages import list_page


@login_required
def announcements(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List what was announced, the newest first."""
    challenge = selectors.get_challenge_for(request.user, pk)
    rows = challenge.announcements.select_related("author")
    page = list_page(request, rows, search=("title", "text"), sorts=(("-created", "Newest"),))
    context = {
        "challenge": challenge,
        "list": page,
        "entries": [{"row": row, "html": render_markdown(row.text)} for row in page.items],
        **rights(request, challenge),
    }
    return render(request, "challenges/announcements.html", context)


@login_required
def announce(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Announce something."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = AnnouncementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.announce(
                actor=cast(User, request.user), challenge=challenge, **form.cleaned_data
            )
        except LimitReached as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "Published. Everybody who takes part is being told.")
            return redirect("challenges:announcements", pk=challenge.pk)
    context = {"form": form, "challenge": challenge, "count": challenge.memberships.count()}
    return render(request, "challenges/announcement_form.html", context)
