"""The page of one case of an evaluation, and the scores of all as a file."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.challenges import selectors
from app.challenges.case_scores import may_see_scores, scores_csv
from app.challenges.display import has_picture
from app.challenges.failures import failure_of
from app.challenges.policies import EVALUATIONS


@login_required
@require_safe
def detail(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Show how a case went: its scores, why it failed, and to organizers which case it is."""
    case = selectors.get_case_for(request.user, pk, number)
    evaluation = case.evaluation
    organizer = EVALUATIONS.allows(request.user, evaluation, "inspect")
    context = {
        "case": case,
        "heading": f"Case {case.order}",
        "evaluation": evaluation,
        "phase": evaluation.submission.phase,
        "challenge": evaluation.submission.phase.challenge,
        "organizer": organizer,
        "failure": failure_of(request.user, case),
        "scores": vars(case)["score_rows"] if may_see_scores(request.user, evaluation) else (),
        "viewable": organizer and has_picture(request.user, case),
    }
    return render(request, "challenges/case.html", context)


@login_required
@require_safe
def scores(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give the scores of all cases as CSV."""
    evaluation = selectors.get_evaluation_for(request.user, pk)
    body = "\ufeff" + scores_csv(request.user, evaluation)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="scores-{evaluation.pk}.csv"'
    return response
