"""Reading: the questions beside the viewer."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from reader_studies import selectors, services
from reader_studies.models import DisplaySet, Question


@dataclass(frozen=True)
class PanelQuestion:
    """A question with what was typed so far and what is wrong with it."""

    question: Question
    value: Any
    errors: list[str]


@login_required
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go to the first case that the reader has not finished."""
    study = selectors.get_study_for(request.user, pk, action="read")
    reader = cast(User, request.user)
    target = selectors.next_display_set(study, reader=reader) or study.display_sets.first()
    if target is None:
        return redirect("reader_studies:detail", pk=study.pk)
    return redirect("viewer:open", "display-set", target.pk)


@login_required
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the questions about one case; store answers as they are given."""
    display_set = selectors.get_display_set_for(request.user, pk, action="read")
    reader = cast(User, request.user)
    errors: dict[str, list[str]] = {}
    message = ""
    given = _given(request)
    autosave = request.POST.get("action") != "next"
    if request.method == "POST":
        try:
            services.save_answers(
                reader=reader, display_set=display_set, given=given, partial=autosave
            )
        except ValidationFailed as error:
            errors, message = error.fields, error.message
        except Conflict as error:
            message = error.message
        else:
            if not autosave:
                return HttpResponseClientRedirect(_next_url(display_set, reader=reader))
            message = "Saved"
    context = _context(display_set, reader=reader, given=given, errors=errors)
    return render(request, "reader_studies/panel.html", {**context, "message": message})


def _given(request: HttpRequest) -> dict[UUID, Any]:
    given = {}
    for name, value in request.POST.items():
        if name.startswith("q-"):
            try:
                given[UUID(name[2:])] = value
            except ValueError:
                continue
    return given


def _next_url(display_set: DisplaySet, *, reader: User) -> str:
    study = display_set.study
    following = selectors.next_display_set(study, reader=reader, after=display_set)
    if following is None:
        return reverse("reader_studies:detail", args=[study.pk])
    return reverse("viewer:open", args=["display-set", following.pk])


def _context(
    display_set: DisplaySet,
    *,
    reader: User,
    given: dict[UUID, Any],
    errors: dict[str, list[str]],
) -> dict[str, Any]:
    answers = selectors.answers_of(display_set, reader=reader)
    stored = {pk: answer.value for pk, answer in answers.items()}
    shown = [
        PanelQuestion(
            question,
            _shown(given.get(question.pk, stored.get(question.pk))),
            errors.get(str(question.pk), []),
        )
        for question in selectors.questions_of(display_set.study)
    ]
    ordered = list(display_set.study.display_sets.values_list("pk", flat=True))
    place = ordered.index(display_set.pk)
    return {
        "display_set": display_set,
        "study": display_set.study,
        "questions": shown,
        "progress": selectors.progress_of(display_set.study, reader=reader),
        "number": place + 1,
        "previous": ordered[place - 1] if place else None,
        "following": ordered[place + 1] if place + 1 < len(ordered) else None,
        "locked": bool(stored) and not display_set.study.answers_may_change,
    }


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
