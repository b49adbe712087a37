"""Handing in, and the page of an evaluation."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.case_scores import columns_of, may_see_scores, worst_first
from app.challenges.choosing import choices_among
from app.challenges.conditions import conditions, with_conditions
from app.challenges.failures import advice_on_failure, scoring_failure_of
from app.challenges.forms import PredictionsForm, SubmissionForm
from app.challenges.models import Phase
from app.challenges.policies import EVALUATIONS
from app.challenges.progress import progress_of
from app.challenges.standing import standing_of
from app.challenges.views.challenges import rights
from app.core.errors import PortalError, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page, rows_page

CASES_AT_ONCE = 50


@login_required
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand in an algorithm."""
    rows = with_conditions(Phase.objects.all())
    phase = selectors.get_phase_for(request.user, pk, action="submit", rows=rows)
    if phase.takes_predictions:
        return _submit_predictions(request, phase)
    user = cast(User, request.user)
    algorithms = selectors.submittable_algorithms(user, phase)
    form = SubmissionForm(request.POST or None, algorithms=algorithms)
    if request.method == "POST" and form.is_valid():
        try:
            submission = services.submit_algorithm(actor=user, phase=phase, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}".strip())
        else:
            messages.success(request, "Your algorithm is handed in; its evaluation has begun.")
            evaluation = submission.evaluations.get()
            return redirect("challenges:evaluation", pk=evaluation.pk)
    context = {
        "form": form,
        "phase": phase,
        "challenge": phase.challenge,
        "has_algorithms": form.has_algorithms,
        **conditions(phase, standing_of(user, phase)),
    }
    return render(request, "challenges/submit.html", context)


def _submit_predictions(request: HttpRequest, phase: Phase) -> HttpResponse:
    """Hand in a file with predictions."""
    user = cast(User, request.user)
    form = PredictionsForm(request.POST or None, user=user, phase=phase)
    if request.method == "POST" and form.is_valid():
        upload, comment = form.cleaned_data["uploads"].uploads[0], form.cleaned_data["comment"]
        try:
            submission = services.submit_predictions(
                actor=user, phase=phase, upload=upload, comment=comment
            )
        except ValidationFailed as error:
            add_errors(form, error)
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}".strip())
        else:
            messages.success(request, "Your file is handed in; its evaluation has begun.")
            return redirect("challenges:evaluation", pk=submission.evaluations.get().pk)
    context = {
        "form": form,
        "phase": phase,
        "challenge": phase.challenge,
        **conditions(phase, standing_of(user, phase)),
    }
    return render(request, "challenges/submit.html", context)


@login_required
def submission_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the submissions of a phase that the user may see."""
    phase = selectors.get_phase_for(request.user, pk, beside=())
    page = list_page(
        request,
        selectors.submissions_in(phase, viewer=request.user),
        search=("version__algorithm__title", "file_name", "creator__username", "comment"),
        sorts=(("-created", "Newest"), ("created", "Oldest")),
        counted_with_rows=True,
    )
    for row in page.items:
        row.phase = phase
    context = {
        "phase": phase,
        "challenge": phase.challenge,
        "list": page,
        "choices": choices_among(cast(User, request.user), phase, page.items),
        **rights(request, phase.challenge),
    }
    return render(request, "challenges/submissions.html", context)


@login_required
@require_POST
def choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose the result that counts; whom it stands for on the leaderboard may."""
    row = selectors.get_submission_for(request.user, pk, action="choose")
    services.choose_submission(actor=cast(User, request.user), submission=row)
    messages.success(request, f"{row.numbered_title} is the result that counts now.")
    return redirect("challenges:submissions", pk=row.phase_id)


@login_required
def evaluation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show where an evaluation is, and its result."""
    row = selectors.get_evaluation_for(request.user, pk)
    selectors.read_provenance(row)
    shown = ("order", "state", "evaluation", "item__title", "job__state", "job__reason")
    organizer = EVALUATIONS.allows(request.user, row, "inspect")
    columns = columns_of(row) if organizer or may_see_scores(request.user, row) else []
    asked = request.GET.get("by", "")
    column = next((one for one in columns if one.key == asked), columns[0] if columns else None)
    rows = worst_first(row.cases.select_related("job", "item").only(*shown), column)
    cases = [one.case for one in rows]
    can_cancel = EVALUATIONS.allows(request.user, row, "cancel")
    context = {
        "evaluation": row,
        "submission": row.submission,
        "phase": row.submission.phase,
        "challenge": row.submission.phase.challenge,
        "list": rows_page(
            request, rows, size=CASES_AT_ONCE, params={"by": column.key if column else ""}
        ),
        "columns": columns,
        "column": column,
        "progress": None
        if row.is_finished
        else progress_of(row, states=[case.state for case in cases]),
        "organizer": organizer,
        "advice": advice_on_failure(row, cases),
        "scoring": scoring_failure_of(request.user, row),
        "can_cancel": can_cancel,
        "file_url": selectors.predictions_url(row.submission)
        if row.submission.file_key and EVALUATIONS.allows(request.user, row, "read-file")
        else "",
        **rights(request, row.submission.phase.challenge),
    }
    return render(request, "challenges/evaluation.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop an evaluation; its creator and the organizers may."""
    row = selectors.get_evaluation_for(request.user, pk, action="cancel")
    services.cancel_evaluation(actor=cast(User, request.user), evaluation=row)
    messages.success(request, "The evaluation is cancelled.")
    return redirect("challenges:evaluation", pk=row.pk)


@login_required
@require_POST
def evaluate_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Evaluate the submission of an evaluation again; organizers may."""
    row = selectors.get_evaluation_for(request.user, pk, action="inspect")
    cause = request.POST.get("cause", "")[:300]
    actor = cast(User, request.user)
    made = services.evaluate_again(actor=actor, submission=row.submission, cause=cause)
    messages.success(request, "The submission is evaluated again.")
    return redirect("challenges:evaluation", pk=made.pk)
