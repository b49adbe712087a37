"""The declared design: the page, its form, and what it is exported as."""

import json
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.models import User
from app.challenges import designs, selectors, services
from app.challenges.declaration import items_of
from app.challenges.design_forms import DesignForm
from app.challenges.models import Challenge, Phase
from app.challenges.services.design import note_openings
from app.challenges.views.challenges import rights
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.forms import add_errors


@login_required
def design(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what the challenge and its phases declared, and every amendment."""
    challenge = selectors.get_challenge_for(request.user, pk)
    context = {
        "challenge": challenge,
        "designs": designs.designs_of(challenge),
        **rights(request, challenge),
    }
    return render(request, "challenges/design.html", context)


@login_required
def edit_design(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Declare or amend the challenge's design."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    return _edit(request, challenge, None)


@login_required
def edit_phase_design(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Declare or amend the design of a phase."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    return _edit(request, phase.challenge, phase)


@login_required
def export_design(request: HttpRequest, pk: UUID, filename: str) -> HttpResponse:
    """Download the design as JSON, as the BIAS checklist or as paragraphs for a paper."""
    challenge = selectors.get_challenge_for(request.user, pk)
    if filename == "design.json":
        found = designs.design_document(challenge)
        text = json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        kind = "application/json"
    elif filename == "bias.csv":
        text, kind = designs.design_checklist(challenge), "text/csv; charset=utf-8"
    elif filename == "methods.txt":
        text, kind = designs.design_methods(challenge), "text/plain; charset=utf-8"
    else:
        raise NotFound
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{challenge.slug}-{filename}"'
    return response


def _edit(request: HttpRequest, challenge: Challenge, phase: Phase | None) -> HttpResponse:
    phases = note_openings(challenge)
    declared = designs.declared_by(challenge, phase, phases=phases)
    form = DesignForm(request.POST or None, declared=declared, items=items_of(declared.level))
    if request.method == "POST" and form.is_valid():
        try:
            services.declare_design(
                actor=cast(User, request.user),
                challenge=challenge,
                phase=phase,
                document=form.document,
                reason=form.cleaned_data.get("reason", ""),
                base=form.cleaned_data["base"],
            )
        except ValidationFailed as error:
            add_errors(form, error)
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "The design is saved.")
            return redirect("challenges:design", pk=challenge.pk)
    context = {"form": form, "declared": declared, "challenge": challenge, "phase": phase}
    return render(request, "challenges/design_form.html", context)
