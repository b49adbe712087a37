"""The starter kit of a phase: what is in it, its download, and what organizers put into it."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.kit import (
    MOST_CASES,
    faults_of_sample,
    hides_sample_as_read,
    sample_cases,
    with_kit,
)
from app.challenges.kit.answer import kit_response
from app.challenges.kit_forms import KitSourceForm, KitTruthForm, SampleForm
from app.challenges.models import Phase
from app.challenges.resources import resource_facts
from app.challenges.views.challenges import rights
from app.core.errors import ValidationFailed
from app.core.forms import add_errors
from app.uploads.forms import UploadForm

_LEADS = {
    False: "Try your algorithm at home: the same limits, the same command line, the same score.",
    True: "Score your predictions of the sample at home, as the portal would.",
}


@login_required
@require_safe
def starter_kit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what is in the kit, and how it is used."""
    rows = with_kit(Phase.objects.all())
    phase = selectors.get_phase_for(request.user, pk, action="submit", rows=rows, beside=())
    kit = getattr(phase, "starter_kit", None)
    archive = kit.archive if kit else None
    cases = sample_cases(phase, archive) if archive else []
    hidden = hides_sample_as_read(phase)
    faults = faults_of_sample(phase, archive, cases, hidden=hidden) if archive else []
    context = {
        "phase": phase,
        "challenge": phase.challenge,
        "kit": kit,
        "ready": kit is not None and not faults and (archive or phase.takes_predictions),
        "faults": faults,
        "cases": cases,
        "lead": _LEADS[phase.takes_predictions],
        "most_cases": MOST_CASES,
        "resources": resource_facts(phase),
        **rights(request, phase.challenge),
    }
    return render(request, "challenges/starter_kit.html", context)


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Give the kit as a zip, made while it is sent."""
    phase = selectors.get_phase_for(request.user, pk, action="submit")
    return kit_response(request, phase)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the archive whose cases are the sample."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    kit = selectors.starter_kit_of(phase)
    form = SampleForm(request.POST or None, user=request.user, chosen=kit.archive if kit else None)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            services.choose_sample(actor=actor, phase=phase, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Participants can download these cases now.")
            return redirect("challenges:starter_kit", pk=phase.pk)
    context = {"form": form, "phase": phase, "challenge": phase.challenge}
    return render(request, "challenges/starter_kit_form.html", context)


@login_required
def add_truth(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload the ground truth of the sample."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    form = KitTruthForm(request.POST or None, user=request.user)
    title = "Upload the ground truth of the sample"
    return _take(request, phase, form, title, services.add_kit_truth)


@login_required
def add_source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload the source of the evaluation container."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    form = KitSourceForm(request.POST or None, user=request.user)
    title = "Upload the source of the evaluation"
    return _take(request, phase, form, title, services.add_kit_source)


def _take(
    request: HttpRequest, phase: Phase, form: UploadForm, title: str, add: Any
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["uploads"].uploads[0]
        try:
            add(actor=cast(User, request.user), phase=phase, upload=upload)
        except ValidationFailed as error:
            form.add_error("uploads", f"{error.message} {error.advice}")
        else:
            messages.success(request, "It is in the starter kit now.")
            return redirect("challenges:starter_kit", pk=phase.pk)
    return render(request, "challenges/upload.html", {"form": form, "phase": phase, "title": title})
