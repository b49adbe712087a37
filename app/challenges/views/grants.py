"""The page where organizers grant more submissions."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.forms import GrantForm
from app.challenges.standing import limits_of
from app.challenges.teams import entrants_in
from app.challenges.views.challenges import rights
from app.core.errors import ValidationFailed
from app.core.forms import add_errors


@login_required
def grants(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what was granted in a phase, and grant more."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    entrants = entrants_in(phase.challenge)
    form = GrantForm(request.POST or None, entrants=entrants)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            services.grant_submissions(actor=actor, phase=phase, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "They have more submissions now, and are told so.")
            return redirect("challenges:grants", pk=phase.pk)
    context = {
        "form": form,
        "phase": phase,
        "challenge": phase.challenge,
        "limits": limits_of(phase),
        "has_entrants": entrants.exists(),
        "grants": phase.grants.select_related("entrant__person", "entrant__team", "granted_by"),
        **rights(request, phase.challenge),
    }
    return render(request, "challenges/grants.html", context)
