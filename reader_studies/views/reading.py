"""Reading: the questions beside the viewer, and their answers on the way in."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.sockets.schemas import InvalidValue, check_plain
from reader_studies import selectors, services
from reader_studies.models import DisplaySet, ReaderStudy
from reader_studies.services import GivenAnswer, Saved
from reader_studies.views.panel import panel_questions

MOST_ANSWERS = 1000


@login_required
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go to the first case that the reader has not finished."""
    study = selectors.get_study_for(request.user, pk, action="read")
    reader = cast(User, request.user)
    target = _target(study, reader=reader)
    if target is None:
        return redirect("reader_studies:detail", pk=study.pk)
    return redirect("viewer:open", "display-set", target)


@login_required
@require_safe
@never_cache
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the questions about one case."""
    display_set = selectors.get_display_set_for(request.user, pk, action="read")
    reader = cast(User, request.user)
    return render(request, "reader_studies/panel.html", _context(display_set, reader=reader))


@login_required
@require_POST
def answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take answers as they are given, and the time that they took; go on when all is done."""
    display_set = selectors.get_display_set_for(request.user, pk, action="read")
    reader = cast(User, request.user)
    body = body_of(request)
    given = given_answers(body)
    spent = seconds(body.get("spent")) or timedelta()
    if body.get("opened") is True:
        services.open_reading(reader=reader, display_set=display_set)
    services.spend_time(reader=reader, display_set=display_set, spent=spent)
    is_done = body.get("done") is True
    try:
        saved = _verb(body)(reader=reader, display_set=display_set, given=given)
    except Conflict as error:
        saved = Saved(message=error.message)
    study = display_set.study
    progress = selectors.progress_of(study, reader=reader)
    told = {
        **outcome(saved, display_set),
        "progress": {"done": progress.done, "total": progress.total, "text": progress.text},
    }
    if is_done and saved.is_complete:
        told["next"] = _next_url(display_set, reader=reader)
    return JsonResponse(told)


def _verb(body: Mapping[str, Any]) -> Callable[..., Saved]:
    """Return what is done with the answers: kept, saved on purpose, or saved to go on."""
    if body.get("done") is True:
        return services.finish_reading
    return services.save_reading if body.get("saves") is True else services.save_as_one_goes


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that a panel sent, or raise `ValidationFailed`."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise ValidationFailed("The panel sent something that is no JSON.") from None
    if not isinstance(body, dict):
        raise ValidationFailed("The panel sent something that is no JSON object.")
    try:
        check_plain(body)
    except InvalidValue as error:
        raise ValidationFailed(f"The panel sent something that cannot be stored: {error}") from None
    return body


def given_answers(body: Mapping[str, Any]) -> dict[UUID, GivenAnswer]:
    """Return the answers that a panel sent, by question id; raise `ValidationFailed`."""
    given = body.get("answers", {})
    writer = body.get("writer", "")
    usable = isinstance(given, dict) and len(given) <= MOST_ANSWERS and isinstance(writer, str)
    if not usable:
        raise ValidationFailed("The panel sent answers that cannot be read.")
    found = {}
    for key, each in given.items():
        try:
            pk = UUID(key)
        except ValueError:
            continue
        if not isinstance(each, dict):
            raise ValidationFailed("The panel sent answers that cannot be read.")
        version = each.get("version")
        found[pk] = GivenAnswer(
            value=each.get("value"),
            is_confirmed_empty=each.get("confirmed") is True,
            version=version if isinstance(version, int) and version >= 0 else None,
            writer=writer.replace("\x00", "")[:40],
            duration=seconds(each.get("duration")),
        )
    return found


def seconds(given: Any) -> timedelta | None:
    """Return a duration that a panel tells, if it is one."""
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not is_number or not 0 <= given <= 86_400:
        return None
    return timedelta(seconds=given)


def outcome(saved: Saved, display_set: DisplaySet) -> dict[str, Any]:
    """Return what became of answers, for the panel."""
    questions = {one.pk: one for one in selectors.questions_of(display_set.study)}
    conflicts = {}
    for key, answer in saved.conflicts.items():
        content, question = answer.content, questions[key]
        words = "" if content is None else question.answer_type.shown(content, question.rules)
        conflicts[str(key)] = {
            "value": content,
            "confirmed": content is None,
            "text": words or "nothing",
            "version": answer.version,
        }
    return {
        "versions": {str(key): version for key, version in saved.versions.items()},
        "errors": {str(key): message for key, message in saved.errors.items()},
        "conflicts": conflicts,
        "message": saved.message,
    }


def _target(study: ReaderStudy, *, reader: User) -> UUID | None:
    if not study.case_navigation:
        current = selectors.current_set(study, reader=reader)
        if current is not None:
            return current
    found = selectors.next_display_set(study, reader=reader)
    if found is not None:
        return found.pk
    return next(iter(selectors.ordered_sets(study, reader=reader)), None)


def _next_url(display_set: DisplaySet, *, reader: User) -> str:
    study = display_set.study
    following = selectors.next_display_set(study, reader=reader, after=display_set)
    if following is None:
        return reverse("reader_studies:detail", args=[study.pk])
    return reverse("viewer:open", args=["display-set", following.pk])


def _context(display_set: DisplaySet, *, reader: User) -> dict[str, Any]:
    study = display_set.study
    stored = selectors.answers_of(display_set, reader=reader)
    starts = selectors.starts_of(display_set, reader=reader)
    ordered = selectors.ordered_sets(study, reader=reader)
    place = ordered.index(display_set.pk)
    current = None if study.case_navigation else selectors.current_set(study, reader=reader)
    waits = not study.case_navigation and current != display_set.pk
    return {
        "display_set": display_set,
        "study": study,
        "reader": reader,
        "questions": panel_questions(display_set, answers=stored, starts=starts),
        "progress": selectors.progress_of(study, reader=reader),
        "number": place + 1,
        "previous": ordered[place - 1] if place and study.case_navigation else None,
        "following": _following(ordered, place) if study.case_navigation else None,
        "locked": waits or (bool(stored) and not study.answers_may_change),
        "waits": waits,
        "current": current,
    }


def _following(ordered: list[UUID], place: int) -> UUID | None:
    return ordered[place + 1] if place + 1 < len(ordered) else None
