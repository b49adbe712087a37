"""Reader studies of a seed file: questions, display sets and answers."""

from app.accounts.models import User
from app.web.seeding.asking import seed_requests
from app.web.seeding.document_uses import (
    AnswerEntry,
    DisplaySetEntry,
    QuestionEntry,
    StudyEntry,
)
from app.web.seeding.images import changed_values, track_files
from app.web.seeding.run import Refused, Run, Status, find
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.policies import READER_STUDIES
from reader_studies.services import (
    add_display_sets,
    add_question,
    change_display_set,
    create_display_set,
    create_study,
    give_answer,
    update_question,
    update_study,
)

STUDY_FIELDS = (
    "title",
    "description",
    "instructions",
    "answers_may_change",
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
        if found.kind != entry.kind.value:
            raise Refused(f"{path}.kind", "The question is there with another kind; kinds stay.")
        known = {option.title: option.pk for option in found.options.all()}
        if set(known) != set(titles) or any(known[title] != pk for title, pk in keys.items()):
            raise Refused(f"{path}.options", "The question is there with other options.")
    wanted = entry.given("text", "help_text", "required", "minimum", "maximum")
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
            pk=entry.pk,
            kind=entry.kind.value,
            **wanted,
        ),
        change=lambda obj, **changes: update_question(actor=owner, question=obj, **changes),
        wanted=wanted,
    )
    if entry.id:
        run.know("question", [entry.id], question)


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
    given = entry.answer
    if question.kind == Question.Kind.CHOICE:
        given = question.options.filter(title=str(given)).values_list("pk", flat=True).first()
        if given is None:
            raise Refused(f"{path}.answer", f"“{entry.answer}” is none of the options.")
    known = Answer.objects.filter(question=question, display_set=shown, reader=reader).first()
    if known is not None and entry.pk is not None and known.pk != entry.pk:
        raise Refused(f"{path}.pk", f"The answer is there with the key {known.pk}.")
    answer = give_answer(
        reader=reader, display_set=shown, question=question, value=given, change=True, pk=entry.pk
    )
    name = f"of {reader.username} to “{question.text}” on {shown.title}"
    if known is None:
        run.note(Status.CREATED, path, "answer", name, obj=answer)
    elif known.value != answer.value:
        run.updated(path, "answer", name, answer, ["answer"])
    else:
        run.note(Status.UNCHANGED, path, "answer", name, obj=answer)
