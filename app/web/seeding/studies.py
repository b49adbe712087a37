"""Reader studies of a seed file: questions, display sets and answers."""

import json
from typing import Any

from app.accounts.models import User
from app.sockets.models import Socket
from app.web.seeding.asking import seed_requests
from app.web.seeding.document_uses import (
    AnswerEntry,
    DisplaySetEntry,
    QuestionEntry,
    ReferenceEntry,
    StudyEntry,
)
from app.web.seeding.images import changed_values, track_files
from app.web.seeding.run import Refused, Run, Status, find
from reader_studies.answer_types import InvalidAnswer, Setting
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.policies import READER_STUDIES
from reader_studies.services import (
    GivenAnswer,
    add_display_sets,
    add_question,
    change_display_set,
    create_display_set,
    create_study,
    give_answer,
    set_reference,
    update_question,
    update_study,
)

QUESTION_FIELDS = (
    *("text", "help_text", "required", "widget", "minimum", "maximum", "step", "min_length"),
    *("max_length", "pattern", "color", "viewport", "segments", "confirm_empty"),
    "confirm_empty_text",
)
STUDY_FIELDS = (
    "title",
    "description",
    "instructions",
    "answers_may_change",
    "case_navigation",
    "shuffle",
    "roll_over",
    "end_text",
    "listed",
    "access_mode",
)


def seed_study(run: Run, entry: StudyEntry, path: str) -> None:
    """Make or change a study and its roles, then what belongs to it, one by one."""
    study: ReaderStudy | None = None
    with run.entry(path, kind="reader study", name=entry.title):
        owner = run.get("user", entry.owner, path=f"{path}.owner")
        named = {"slug": entry.slug_wanted}
        found = find(ReaderStudy, path=path, pk=entry.pk, named=named, rename=entry.slug is None)
        wanted = entry.given(*STUDY_FIELDS)
        study = run.settle(
            found,
            path=path,
            kind="reader study",
            name=entry.title,
            make=lambda: create_study(actor=owner, pk=entry.pk, slug=entry.slug or "", **wanted),
            change=lambda obj, **changes: update_study(actor=owner, study=obj, **changes),
            wanted=wanted,
        )
        run.give_roles(READER_STUDIES, study, entry=entry, owner=owner, path=path)
        seed_requests(run, entry.requests, study, path)
        run.know("reader study", entry.names, study)
    if study is None:
        return
    for number, question in enumerate(entry.questions):
        place = f"{path}.questions[{number}]"
        with run.entry(place, kind="question", name=question.text):
            _seed_question(run, question, study, owner, place)
    for number, shown in enumerate(entry.display_sets):
        place = f"{path}.display_sets[{number}]"
        with run.entry(place, kind="display set", name=shown.title or shown.item or ""):
            _seed_display_set(run, shown, study, owner, place)
    for number, answer in enumerate(entry.answers):
        place = f"{path}.answers[{number}]"
        with run.entry(place, kind="answer", name=f"of {answer.reader}"):
            _seed_answer(run, answer, study, place)
    for number, reference in enumerate(entry.reference):
        place = f"{path}.reference[{number}]"
        with run.entry(place, kind="reference answer", name=f"on {reference.display_set}"):
            _seed_reference(run, reference, study, owner, place)


def _seed_question(
    run: Run, entry: QuestionEntry, study: ReaderStudy, owner: User, path: str
) -> None:
    named = {"study": study, "text": entry.text}
    found = find(Question, path=path, pk=entry.pk, named=named, rename=True)
    titles = [option.title for option in entry.options]
    keys = {option.title: option.pk for option in entry.options if option.pk is not None}
    if found is not None:
        if found.study_id != study.pk:
            raise Refused(f"{path}.pk", "The key is taken by a question of another study.")
        if found.kind != entry.kind:
            raise Refused(f"{path}.kind", "The question is there with another kind; kinds stay.")
        known = {option.title: option.pk for option in found.options.all()}
        if set(known) != set(titles) or any(known[title] != pk for title, pk in keys.items()):
            raise Refused(f"{path}.options", "The question is there with other options.")
    wanted = entry.given(*QUESTION_FIELDS)
    if "socket" in entry.model_fields_set:
        wanted["socket"] = _socket(entry.socket, f"{path}.socket")
    question = run.settle(
        found,
        path=path,
        kind="question",
        name=entry.text,
        make=lambda: add_question(
            actor=owner,
            study=study,
            options=titles,
            option_pks=keys,
            defaults=[option.title for option in entry.options if option.default],
            pk=entry.pk,
            kind=entry.kind,
            **wanted,
        ),
        change=lambda obj, **changes: update_question(actor=owner, question=obj, **changes),
        wanted=wanted,
    )
    if entry.id:
        run.know("question", [entry.id], question)


def _socket(slug: str | None, path: str) -> Socket | None:
    if slug is None:
        return None
    found = Socket.objects.filter(slug=slug).first()
    if found is None:
        raise Refused(path, f"There is no socket “{slug}”.")
    return found


def _seed_display_set(
    run: Run, entry: DisplaySetEntry, study: ReaderStudy, owner: User, path: str
) -> None:
    item = run.get("item", entry.item, path=f"{path}.item") if entry.item else None
    title = entry.title or (item.title if item else "")
    named = {"study": study, "title": title}
    found = find(DisplaySet, path=path, pk=entry.pk, named=named, rename=True)
    if found is not None and found.study_id != study.pk:
        raise Refused(f"{path}.pk", "The key is taken by a display set of another study.")
    if found is not None and item is not None and _keys(found) != _keys(item):
        raise Refused(f"{path}.item", "The display set shows other values than the case has.")
    shown = found
    if shown is None and item is not None:
        pks = [entry.pk] if entry.pk else []
        [shown] = add_display_sets(actor=owner, study=study, items=[item], pks=pks)
    if shown is None:
        shown = create_display_set(
            actor=owner, study=study, title=title, order=entry.order, pk=entry.pk
        )
    given = changed_values(run, shown, entry.values, owner=owner, path=path)
    changes: dict[str, object] = {"title": title} if shown.title != title else {}
    if entry.order and shown.order != entry.order:
        changes["order"] = entry.order
    if given or changes:
        change_display_set(actor=owner, display_set=shown, given=given, **changes)  # type: ignore[arg-type]
        track_files(run, shown)
    if found is None:
        run.note(Status.CREATED, path, "display set", title, obj=shown)
    elif given or changes:
        slugs = [value.socket.slug for value in given]
        run.updated(path, "display set", title, shown, [*changes, *slugs])
    else:
        run.note(Status.UNCHANGED, path, "display set", title, obj=shown)
    if entry.id:
        run.know("display set", [entry.id], shown)


def _keys(holder: DisplaySet) -> set[int]:
    return set(holder.values.values_list("pk", flat=True))


def _seed_answer(run: Run, entry: AnswerEntry, study: ReaderStudy, path: str) -> None:
    reader = run.get("user", entry.reader, path=f"{path}.reader")
    question = run.get("question", entry.question, path=f"{path}.question")
    shown = run.get("display set", entry.display_set, path=f"{path}.display_set")
    if not READER_STUDIES.allows(reader, study, "read"):
        raise Refused(f"{path}.reader", f"{reader.username} is no reader of this study.")
    if shown.study_id != study.pk:
        raise Refused(f"{path}.display_set", "It belongs to another reader study.")
    given = _answer(question, entry.answer, f"{path}.answer")
    known = Answer.objects.filter(question=question, display_set=shown, reader=reader).first()
    if known is not None and entry.pk is not None and known.pk != entry.pk:
        raise Refused(f"{path}.pk", f"The answer is there with the key {known.pk}.")
    answer = give_answer(
        reader=reader, display_set=shown, question=question, value=given, change=True, pk=entry.pk
    )
    name = f"of {reader.username} to “{question.text}” on {shown.title}"
    if known is None:
        run.note(Status.CREATED, path, "answer", name, obj=answer)
    elif known.content != answer.content:
        run.updated(path, "answer", name, answer, ["answer"])
    else:
        run.note(Status.UNCHANGED, path, "answer", name, obj=answer)


def _seed_reference(
    run: Run, entry: ReferenceEntry, study: ReaderStudy, owner: User, path: str
) -> None:
    question = run.get("question", entry.question, path=f"{path}.question")
    shown = run.get("display set", entry.display_set, path=f"{path}.display_set")
    if shown.study_id != study.pk or question.study_id != study.pk:
        raise Refused(f"{path}.display_set", "It belongs to another reader study.")
    known = Answer.references.filter(question=question, display_set=shown).first()
    before = None if known is None else (known.content, known.explanation)
    given = _answer(question, entry.answer, f"{path}.answer")
    try:
        answer = set_reference(
            editor=owner,
            display_set=shown,
            question=question,
            given=GivenAnswer(value=given),
            explanation=entry.explanation,
        )
    except InvalidAnswer as error:
        raise Refused(f"{path}.answer", str(error)) from error
    name = f"to “{question.text}” on {shown.title}"
    if before is None:
        run.note(Status.CREATED, path, "reference answer", name, obj=answer)
    elif answer is not None and before != (answer.content, answer.explanation):
        run.updated(path, "reference answer", name, answer, ["answer"])
    else:
        run.note(Status.UNCHANGED, path, "reference answer", name, obj=answer)


def _answer(question: Question, given: Any, path: str) -> Any:
    """Return an answer with options by their keys: seed files know them by their titles."""
    if Setting.OPTIONS not in question.answer_type.settings:
        return given
    cell = json.dumps(given) if isinstance(given, list) else str(given)
    try:
        return question.answer_type.from_cell(cell, question.rules)
    except InvalidAnswer as error:
        raise Refused(path, str(error)) from error
