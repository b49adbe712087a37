"""Answers of every kind: what is taken, what is refused, what may change."""

from typing import Any
from uuid import UUID

import pytest

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from reader_studies.models import Answer, ReaderStudy
from reader_studies.selectors import next_display_set, progress_by_reader, progress_in, progress_of
from reader_studies.services import save_answers
from reader_studies.services.answers import check_answer
from tests.factories.accounts import UserFactory
from tests.factories.studies import Kind, make_question, make_study


@pytest.fixture
def study(user: User) -> ReaderStudy:
    """A study of three cases; ``user`` reads."""
    return make_study(readers=[user], cases=3)


def answer(study: ReaderStudy, reader: User, case: int = 0, **given: Any) -> list[Answer]:
    """Answer about a case of the study; ``given`` are answers by the question's text."""
    questions = {question.text: question.pk for question in study.questions.all()}
    values = {questions[text]: value for text, value in given.items()}
    display_set = list(study.display_sets.all())[case]
    return save_answers(reader=reader, display_set=display_set, given=values)


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "raw", "stored"),
        [
            (Kind.TEXT, "  Größe 3 mm\n", "Größe 3 mm"),
            (Kind.TEXT, "a\x00b", "ab"),
            (Kind.TEXT, "=1+1", "=1+1"),
            (Kind.NUMBER, "3", 3.0),
            (Kind.NUMBER, " 3.5 ", 3.5),
            (Kind.NUMBER, "3,5", 3.5),
            (Kind.NUMBER, "-0.5", -0.5),
            (Kind.NUMBER, 7, 7.0),
            (Kind.YES_NO, "yes", True),
            (Kind.YES_NO, "TRUE", True),
            (Kind.YES_NO, "no", False),
            (Kind.YES_NO, False, False),
        ],
    )
    def test_taken(self, study: ReaderStudy, kind: str, raw: Any, stored: Any) -> None:
        found = check_answer(make_question(study, kind=kind), raw)
        assert found == stored
        assert type(found) is type(stored)

    @pytest.mark.parametrize(
        ("kind", "raw"),
        [
            (Kind.TEXT, "x" * 10_001),
            (Kind.NUMBER, "many"),
            (Kind.NUMBER, "nan"),
            (Kind.NUMBER, "inf"),
            (Kind.NUMBER, "1e999"),
            (Kind.NUMBER, "1.2.3"),
            (Kind.NUMBER, "9" * 5000 + "x"),
            (Kind.CHOICES, ["0"]),
            (Kind.CHOICES, "A"),
            (Kind.CHOICE, "0"),
            (Kind.CHOICE, "-1"),
            (Kind.CHOICE, "A"),
            (Kind.CHOICE, "9" * 5000),
            (Kind.YES_NO, "maybe"),
            (Kind.YES_NO, "1"),
        ],
    )
    def test_refused(self, study: ReaderStudy, kind: str, raw: Any) -> None:
        question = make_question(study, kind=kind)
        with pytest.raises(ValueError, match=r"Please|allowed") as raised:
            check_answer(question, raw)
        assert len(str(raised.value)) < 100

    @pytest.mark.parametrize("kind", Kind.values)
    @pytest.mark.parametrize("raw", [None, "", "   "])
    def test_empty_is_no_answer(self, study: ReaderStudy, kind: str, raw: Any) -> None:
        assert check_answer(make_question(study, kind=kind), raw) is None

    def test_a_choice_of_this_question(self, study: ReaderStudy) -> None:
        question = make_question(study, kind=Kind.CHOICE)
        other = make_question(study, kind=Kind.CHOICE, text="Other")
        option, foreign = question.options.all()[0], other.options.all()[0]
        assert check_answer(question, str(option.pk)) == option.pk
        with pytest.raises(ValueError, match="one of the options"):
            check_answer(question, str(foreign.pk))

    def test_the_range_of_a_number_includes_its_ends(self, study: ReaderStudy) -> None:
        question = make_question(study, kind=Kind.NUMBER, minimum=0, maximum=10)
        assert [check_answer(question, raw) for raw in ("0", "10")] == [0.0, 10.0]
        for raw, said in (("-0.1", "smallest allowed number is 0"), ("11", "allowed number is 10")):
            with pytest.raises(ValueError, match=said):
                check_answer(question, raw)


class TestSaving:
    def test_all_or_nothing(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="good")
        bad = make_question(study, text="bad", kind=Kind.NUMBER)
        with pytest.raises(ValidationFailed) as raised:
            answer(study, user, good="yes", bad="many")
        assert set(raised.value.fields) == {str(bad.pk)}
        assert not Answer.objects.exists()

    def test_required_ones_are_asked_for(self, study: ReaderStudy, user: User) -> None:
        needed = make_question(study, text="needed")
        make_question(study, text="free", required=False)
        with pytest.raises(ValidationFailed) as raised:
            answer(study, user, free="yes")
        assert set(raised.value.fields) == {str(needed.pk)}
        assert len(answer(study, user, needed="no")) == 1

    def test_typing_saves_what_is_there(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="a")
        question = make_question(study, text="b")
        display_set = study.display_sets.all()[0]
        save_answers(reader=user, display_set=display_set, given={question.pk: "yes"}, partial=True)
        assert Answer.objects.get().question == question

    def test_a_change_is_recorded_with_before_and_after(
        self, study: ReaderStudy, user: User
    ) -> None:
        make_question(study, text="a")
        for value in ("yes", "yes", "no"):
            answer(study, user, a=value)
        given = Event.objects.filter(name__startswith="reader_studies.answer").order_by("id")
        assert [event.name.rsplit(".", 1)[1] for event in given] == ["given", "changed"]
        assert given[1].data == {"before": True, "after": False}
        assert Answer.objects.get().value is False

    def test_no_change_where_none_is_allowed(self, user: User) -> None:
        study = make_study(readers=[user], cases=1, answers_may_change=False)
        make_question(study, text="a")
        answer(study, user, a="yes")
        answer(study, user, a="yes")
        with pytest.raises(Conflict):
            answer(study, user, a="no")
        assert Answer.objects.get().value is True

    def test_questions_of_other_studies_are_ignored(self, study: ReaderStudy, user: User) -> None:
        foreign = make_question(make_study())
        display_set = study.display_sets.all()[0]
        given: dict[UUID, Any] = {foreign.pk: "yes", new_id(): "yes"}
        assert save_answers(reader=user, display_set=display_set, given=given) == []

    def test_readers_answer_for_themselves(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="a")
        answer(study, user, a="yes")
        answer(study, UserFactory(), a="no")
        assert [row.value for row in Answer.objects.filter(reader=user)] == [True]


class TestProgress:
    def test_counts_cases_with_every_required_answer(self, study: ReaderStudy, user: User) -> None:
        for text in ("a", "b"):
            make_question(study, text=text)
        make_question(study, text="free", required=False)
        first, second, _ = study.display_sets.all()
        answer(study, user, 0, a="yes", b="no")
        question = study.questions.get(text="a")
        save_answers(reader=user, display_set=second, given={question.pk: "yes"}, partial=True)
        progress = progress_of(study, reader=user)
        assert (progress.done, progress.total, progress.percent) == (1, 3, 33)
        assert next_display_set(study, reader=user) == second
        assert next_display_set(study, reader=user, after=second) != first

    def test_without_required_questions_any_answer_counts(
        self, study: ReaderStudy, user: User
    ) -> None:
        make_question(study, text="free", required=False)
        assert progress_of(study, reader=user).done == 0
        answer(study, user, 1, free="yes")
        assert progress_of(study, reader=user).done == 1

    def test_many_at_once_as_one_by_one(self, study: ReaderStudy, user: User) -> None:
        other, reader = make_study(cases=2), UserFactory()
        for each in (study, other):
            make_question(each, text="a")
        answer(study, user, 0, a="yes")
        answer(study, reader, 0, a="yes")
        answer(study, reader, 1, a="yes")
        answer(other, user, 1, a="yes")
        together = progress_in([study, other], reader=user)
        assert {pk: (p.done, p.total) for pk, p in together.items()} == {
            study.pk: (1, 3),
            other.pk: (1, 2),
        }
        by_reader = progress_by_reader(study, readers=[user, reader])
        assert {pk: p.done for pk, p in by_reader.items()} == {user.pk: 1, reader.pk: 2}

    def test_an_empty_study_is_not_a_division_by_zero(self, user: User) -> None:
        assert progress_of(make_study(), reader=user).percent == 0

    def test_next_goes_round_once(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="a")
        first, _, third = study.display_sets.all()
        answer(study, user, 1, a="yes")
        assert next_display_set(study, reader=user, after=first) == third
        assert next_display_set(study, reader=user, after=third) == first
        answer(study, user, 0, a="yes")
        assert next_display_set(study, reader=user, after=third) is None, (
            "no going back to where one is"
        )
        assert next_display_set(study, reader=user) == third
        answer(study, user, 2, a="yes")
        assert next_display_set(study, reader=user) is None


class TestTakingBack:
    def test_an_emptied_answer_is_gone_and_recorded(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="note", kind=Kind.TEXT, required=False)
        answer(study, user, note="something")
        answer(study, user, note="  ")
        assert not Answer.objects.exists()
        event = Event.objects.get(name="reader_studies.answer.taken_back")
        assert event.data == {"before": "something"}

    def test_what_is_not_named_stays(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="note", kind=Kind.TEXT, required=False)
        make_question(study, text="other", kind=Kind.TEXT, required=False)
        answer(study, user, note="something")
        answer(study, user, other="more")
        assert Answer.objects.count() == 2

    def test_not_where_answers_are_final(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="note", kind=Kind.TEXT, required=False)
        study.answers_may_change = False
        study.save()
        answer(study, user, note="something")
        with pytest.raises(Conflict):
            answer(study, user, note="")
        assert Answer.objects.get().value == "something"
