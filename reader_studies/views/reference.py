"""The reference standard: entered beside the picture, or as a table."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import NotFound, ValidationFailed
from app.core.forms import add_errors
from reader_studies import selectors, services
from reader_studies.forms import ReferenceFileForm
from reader_studies.models import Answer, DisplaySet, ReaderStudyMember
from reader_studies.views.panel import panel_questions
from reader_studies.views.reading import body_of, given_answers, outcome
from reader_studies.views.studies import rights


@login_required
def reference(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how much of the reference standard there is, and take a table of it."""
    study = selectors.get_study_for(request.user, pk, action="change")
    form = ReferenceFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = services.read_reference_csv(
                editor=cast(User, request.user), study=study, data=form.cleaned_data["file"]
            )
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, f"{count} answers of the reference standard are entered.")
            return redirect("reader_studies:reference", pk=study.pk)
    answerable = [one for one in selectors.questions_of(study) if one.answer_type.answerable]
    given = selectors.references_in(study)
    cases = [(one, given.get(one.pk, 0)) for one in study.display_sets.all()]
    members = ReaderStudyMember.objects.filter(target=study).select_related("user")
    context = {
        "study": study,
        "form": form,
        "cases": cases,
        "total": len(answerable),
        "readers": [row.user for row in members],
        **rights(request, study),
    }
    return render(request, "reader_studies/reference.html", context)


@login_required
@require_safe
def reference_table(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send the reference standard as a CSV file; without one, the table to be filled in."""
    study = selectors.get_study_for(request.user, pk, action="change")
    record("reader_studies.reference.exported", obj=study, actor=request.user)
    body = "\ufeff" + "".join(services.reference_csv(study))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reference-{study.pk}.csv"'
    return response


@login_required
@require_POST
def take_answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a copy of one reader's answers the reference standard."""
    study = selectors.get_study_for(request.user, pk, action="change")
    members = ReaderStudyMember.objects.filter(target=study).select_related("user")
    given = request.POST.get("reader", "")
    member = (
        members.filter(user=int(given)).first() if given.isdecimal() and len(given) < 10 else None
    )
    if member is None:
        raise NotFound("There is no such reader in this study.")
    count = services.take_as_reference(
        editor=cast(User, request.user), study=study, reader=member.user
    )
    messages.success(request, f"{count} answers are now the reference standard.")
    return redirect("reader_studies:reference", pk=study.pk)


@login_required
@require_safe
@never_cache
def reference_panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the questions about one case to an editor who says what is right."""
    display_set = selectors.get_display_set_for(request.user, pk, action="change")
    return render(request, "reader_studies/panel.html", _context(request, display_set))


@login_required
@require_POST
def reference_answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take what is right about one case as it is entered."""
    display_set = selectors.get_display_set_for(request.user, pk, action="change")
    body = body_of(request)
    saved = services.save_references(
        editor=cast(User, request.user),
        display_set=display_set,
        given=given_answers(body),
        explanations=_explanations(body),
        is_final=body.get("saves") is True or body.get("done") is True,
    )
    told = outcome(saved, display_set)
    if body.get("done") is True and saved.is_complete:
        told["next"] = _next_url(display_set)
    return JsonResponse(told)


def _explanations(body: dict[str, Any]) -> dict[UUID, str]:
    found = {}
    for key, each in body.get("answers", {}).items():
        text = each.get("explanation") if isinstance(each, dict) else None
        try:
            pk = UUID(key)
        except ValueError:
            continue
        if isinstance(text, str):
            found[pk] = text
    return found


def _context(request: HttpRequest, display_set: DisplaySet) -> dict[str, Any]:
    study = display_set.study
    ordered = list(study.display_sets.values_list("pk", flat=True))
    place = ordered.index(display_set.pk)
    stored: dict[UUID, Answer] = selectors.references_of(display_set)
    return {
        "display_set": display_set,
        "study": study,
        "reader": request.user,
        "is_reference": True,
        "questions": panel_questions(display_set, answers=stored, starts={}),
        "total": len(ordered),
        "number": place + 1,
        "previous": ordered[place - 1] if place else None,
        "following": ordered[place + 1] if place + 1 < len(ordered) else None,
        "locked": False,
    }


def _next_url(display_set: DisplaySet) -> str:
    study = display_set.study
    ordered = list(study.display_sets.values_list("pk", flat=True))
    place = ordered.index(display_set.pk)
    if place + 1 < len(ordered):
        return reverse("viewer:open", args=["reference-standard", ordered[place + 1]])
    return reverse("reader_studies:reference", args=[study.pk])
