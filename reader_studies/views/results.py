"""Statistics and export."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.audit.services import record
from reader_studies import selectors, services
from reader_studies.views.studies import rights


@login_required
def statistics(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show editors who is how far and what was answered."""
    study = selectors.get_study_for(request.user, pk, action="statistics")
    context = {
        "study": study,
        "statistics": services.study_statistics(study),
        **rights(request, study),
    }
    return render(request, "reader_studies/statistics.html", context)


@login_required
def export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send every answer as a CSV file."""
    study = selectors.get_study_for(request.user, pk, action="statistics")
    record("reader_studies.answers.exported", obj=study, actor=request.user)
    body = "\ufeff" + "".join(services.answers_csv(study))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="answers-{study.pk}.csv"'
    return response


@login_required
def export_all(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send everything about a study as JSON: questions, cases, readings, answers, reference."""
    study = selectors.get_study_for(request.user, pk, action="statistics")
    record("reader_studies.answers.exported", obj=study, actor=request.user)
    body = "".join(services.study_json(study))
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}.json"'
    return response
