"""Pages of phases: leaderboard, settings, evaluation method and ground truth."""

from functools import partial
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.forms import ContainerForm, GroundTruthForm, PhaseForm
from app.challenges.leaderboards import rankings
from app.challenges.leaderboards.columns import MISSING, columns_of
from app.challenges.leaderboards.shown_scores import decimals_of
from app.challenges.readiness import readiness_as_read
from app.challenges.views.challenges import rights
from app.challenges.views.rankings import as_of
from app.core.errors import ValidationFailed
from app.core.forms import add_errors, changed_values
from app.core.pages import list_page
from app.execution.models import ContainerImage

ROWS = 25
"""Places of the leaderboard on one page."""
NAMES = (
    "submission__competes_as__team__title",
    *(
        f"submission__competes_as__person__{name}"
        for name in ("username", "first_name", "last_name")
    ),
    "submission__version__algorithm__title",
)
"""Where a name is looked for."""
UNRANKED = 20
"""The newest results without a place that stand below them."""


@login_required
def leaderboard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the ranks of a phase."""
    phase, ranking = rankings.get_ranked_phase_for(request.user, pk)
    if request.GET.get("as_of"):
        return as_of(request, phase, request.GET["as_of"])
    rows = rankings.placed(selectors.ranked_in(phase), ranking=ranking)
    who = request.GET.get("who", "")
    page = list_page(
        request,
        rankings.narrowed(request.user, rows, phase=phase, who=who),
        search=NAMES,
        sorts=(("place", "Rank"),),
        ties=("rank",),  # a result that the ranking does not know yet has its rank for its place
        size=ROWS,
        chosen={"who": who if who in dict(rankings.WHO) else ""},
        counted_with_rows=True,
        shown=partial(rankings.with_places, phase=phase, ranking=ranking),
    )
    unranked = list(selectors.unranked_for(request.user, phase)[:UNRANKED])
    rankings.name_rows(request.user, [*page.items, *unranked], phase=phase)
    places = rankings.as_places(page.items, phase=phase, ranking=ranking)
    context = {
        "phase": phase,
        "challenge": phase.challenge,
        "list": page,
        "places": places,
        "who": rankings.WHO,
        "ranking": ranking,
        "has_cases": any(place.spark for place in places),
        "decimals": decimals_of(phase),
        "columns": columns_of(phase),
        "missing_number": MISSING,
        "unranked": unranked,
        "readiness": readiness_as_read(phase),
        "frozen": phase.is_frozen(timezone.now()),
        "ladder": phase.has_ladder(timezone.now()),
        **rights(request, phase.challenge),
    }
    return render(request, "challenges/leaderboard.html", context)


@login_required
def create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a phase."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = PhaseForm(request.POST or None, user=request.user, challenge=challenge)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            phase = services.create_phase(actor=actor, challenge=challenge, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The phase is made. Now its evaluation.")
            return redirect("challenges:setup_phase", pk=phase.pk)
    context = {"form": form, "challenge": challenge}
    return render(request, "challenges/phase_form.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a phase."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    form = PhaseForm(
        request.POST or None, instance=phase, user=request.user, challenge=phase.challenge
    )
    if request.method == "POST" and form.is_valid():
        phase.refresh_from_db()
        actor = cast(User, request.user)
        try:
            services.update_phase(actor=actor, phase=phase, **changed_values(form))
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Your changes are saved.")
            return redirect("challenges:setup_phase", pk=phase.pk)
    context = {"form": form, "phase": phase, "challenge": phase.challenge}
    return render(request, "challenges/phase_form.html", context)


@login_required
def setup(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show organizers what a phase has and lacks."""
    counted = selectors.phases_with_case_count()
    phase = selectors.get_phase_for(request.user, pk, action="change", rows=counted)
    methods = list(phase.methods.select_related("container_image"))
    settled = ContainerImage.SETTLED
    context = {
        "phase": phase,
        "challenge": phase.challenge,
        "methods": methods,
        "checking": any(m.container_image.state not in settled for m in methods),
        "truths": list(phase.ground_truths.all()),
        "case_count": vars(phase)["case_count"],
        "readiness": readiness_as_read(phase),
        "outdated": selectors.outdated_submissions(phase),
        **rights(request, phase.challenge),
    }
    return render(request, "challenges/setup.html", context)


@login_required
@require_POST
def evaluate_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Evaluate every submission of the phase again."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    cause = request.POST.get("cause", "")[:300]
    actor = cast(User, request.user)
    made = services.evaluate_phase_again(actor=actor, phase=phase, cause=cause)
    messages.success(request, f"{len(made)} submissions are evaluated again.")
    return redirect("challenges:submissions", pk=phase.pk)


@login_required
def add_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload an evaluation container."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    form = ContainerForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["uploads"].uploads[0]
        note = form.cleaned_data["note"]
        services.add_method(actor=cast(User, request.user), phase=phase, upload=upload, note=note)
        messages.success(request, "The evaluation container is being checked.")
        return redirect("challenges:setup_phase", pk=phase.pk)
    context = {"form": form, "phase": phase, "title": "Upload the evaluation container"}
    return render(request, "challenges/upload.html", context)


@login_required
def add_ground_truth(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Upload the ground truth."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    form = GroundTruthForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["uploads"].uploads[0]
        try:
            services.add_ground_truth(
                actor=cast(User, request.user),
                phase=phase,
                upload=upload,
                note=form.cleaned_data["note"],
            )
        except ValidationFailed as error:
            form.add_error("uploads", f"{error.message} {error.advice}")
        else:
            messages.success(request, "The ground truth is stored.")
            return redirect("challenges:setup_phase", pk=phase.pk)
    context = {"form": form, "phase": phase, "title": "Upload the ground truth"}
    return render(request, "challenges/upload.html", context)
