"""Pages in Markdown: read, written, previewed."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import pages, selectors, services
from app.challenges.page_forms import PageForm
from app.challenges.views.challenges import rights
from app.core.errors import Conflict
from app.core.forms import changed_values
from app.core.markdown import MOST_CHARACTERS, render_markdown


@login_required
def page(request: HttpRequest, pk: UUID, slug: str) -> HttpResponse:
    """Show a page of a challenge."""
    found = pages.page_at(request.user, pk, slug)
    context = {
        "page": found,
        "html": render_markdown(found.content),
        "challenge": found.challenge,
        **rights(request, found.challenge),
    }
    return render(request, "challenges/page.html", context)


@login_required
def create_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a new page."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = PageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_page(
                actor=cast(User, request.user), challenge=challenge, **form.cleaned_data
            )
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "The page is there.")
            return redirect("challenges:page", pk=challenge.pk, slug=made.slug)
    return render(request, "challenges/page_form.html", {"form": form, "challenge": challenge})


@login_required
def edit_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a page."""
    found = pages.get_page_for(request.user, pk, action="change")
    form = PageForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        found.refresh_from_db()
        actor = cast(User, request.user)
        services.update_page(actor=actor, page=found, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("challenges:page", pk=found.challenge_id, slug=found.slug)
    context = {"form": form, "page": found, "challenge": found.challenge}
    return render(request, "challenges/page_form.html", context)


@login_required
@require_POST
def delete_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a page."""
    found = pages.get_page_for(request.user, pk, action="change")
    challenge = found.challenge_id
    services.delete_page(actor=cast(User, request.user), page=found)
    messages.success(request, "The page is deleted.")
    return redirect("challenges:detail", pk=challenge)


@login_required
@require_POST
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what a text will look like; nothing is kept."""
    selectors.get_challenge_for(request.user, pk, action="change")
    text = request.POST.get("content", "")[:MOST_CHARACTERS]
    return render(request, "challenges/_preview.html", {"html": render_markdown(text)})
