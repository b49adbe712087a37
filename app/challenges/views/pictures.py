"""Choosing the pictures of a challenge."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.picture_forms import PicturesForm
from app.core.errors import ValidationFailed
from app.core.forms import add_errors


@login_required
def pictures(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose, describe and remove the logo and the banner."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = PicturesForm(request.POST or None, request.FILES or None, instance=challenge)
    if request.method == "POST" and form.is_valid():
        challenge.refresh_from_db()
        try:
            services.set_pictures(
                actor=cast(User, request.user),
                challenge=challenge,
                pictures=form.pictures,
                words=form.words,
            )
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The pictures are saved.")
            return redirect("challenges:detail", pk=challenge.pk)
    context = {"form": form, "challenge": challenge}
    return render(request, "challenges/pictures.html", context)
