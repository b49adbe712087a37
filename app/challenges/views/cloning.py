"""Making a new challenge from one that there is."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.cloning import clone_plan
from app.challenges.forms import CloneForm
from app.core.errors import ValidationFailed
from app.core.forms import add_errors


@login_required
def clone(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what a clone takes over, and make it."""
    challenge = selectors.get_challenge_for(request.user, pk, action="clone")
    form = CloneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            made = services.clone_challenge(actor=actor, challenge=challenge, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The clone is made. Say when its phases open.")
            return redirect("challenges:detail", pk=made.pk)
    context = {
        "form": form,
        "challenge": challenge,
        "plan": clone_plan(request.user, challenge),
    }
    return render(request, "challenges/clone.html", context)
