"""Statistics checked by hand, and the table for other programs."""

import csv
import io
import json
from statistics import stdev

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.sockets.schemas import KINDS
from reader_studies.models import Answer, Question, ReaderStudy
from reader_studies.selectors import ordered_sets
from reader_studies.services import (
    GivenAnswer,
    answers_csv,
    open_reading,
    save_answers,
    set_reference,
    study_statistics,
)
from tests.factories.accounts import UserFactory
from tests.factories.studies import Kind, make_question, make_study


def give(study: ReaderStudy, reader: User, question: Question, *values: object) -> None:
    """Answer a question about the first cases."""
    for display_set, value in zip(study.display_sets.all(), values, strict=False):
        save_answers(
            reader=reader, display_set=display_set, given={question.pk: value}, partial=True
        )


@pytest.fixture
def readers(db: None) -> list[User]:
    return [UserFactory(username=f"reader{n}") for n in range(3)]


class TestStatistics:
    def test_numbers(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=2)
        question = make_question(study, kind=Kind.NUMBER)
        give(study, readers[0], question, 1, 2)
        give(study, readers[1], question, 4, 9)
        (found,) = study_statistics(study).questions
        assert (found.answered, found.mean, found.median) == (4, 4.0, 3.0)
        assert found.deviation == pytest.approx(stdev([1, 2, 4, 9]))
        assert found.deviation == pytest.approx(3.559026)

    def test_numbers_from_before_there_was_a_largest(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=2)
        question = make_question(study, kind=Kind.NUMBER)
        for reader in readers[:2]:
            give(study, reader, question, 1, 2)
        Answer.objects.update(value=1.7e308)
        (found,) = study_statistics(study).questions
        assert (found.answered, found.mean, found.median) == (4, None, None)
        assert found.deviation == 0

    def test_yes_and_no(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=2)
        question = make_question(study)
        for reader, answers in zip(readers, ("yn", "yy", "yn"), strict=True):
            give(study, reader, question, *("yes" if a == "y" else "no" for a in answers))
        (found,) = study_statistics(study).questions
        assert found.counts == [("Yes", 4, 67), ("No", 2, 33)]
        # Case 1: all three agree (1); case 2: one pair of three agrees (1/3).
        assert found.agreement == pytest.approx((1 + 1 / 3) / 2)
        # Fleiss (1971): expected = (4/6)² + (2/6)² = 5/9; kappa = (2/3 - 5/9) / (1 - 5/9).
        assert found.kappa == pytest.approx(0.25)

    def test_choices_count_options_nobody_took(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        question = make_question(study, kind=Kind.CHOICE, options=["A", "B", "C"])
        options = list(question.options.all())
        give(study, readers[0], question, options[1].pk)
        (found,) = study_statistics(study).questions
        assert found.counts == [("A", 0, 0), ("B", 1, 100), ("C", 0, 0)]

    def test_before_anybody_answered(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        for kind in Kind.values:
            make_question(study, kind=kind, text=kind)
        found = study_statistics(study)
        assert found.answers == 0
        assert [question.answered for question in found.questions] == [0] * len(Kind.values)
        assert {question.mean for question in found.questions} == {None}

    def test_each_of_several_options_counts(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        question = make_question(study, kind=Kind.CHOICES, options=["A", "B", "C"])
        a, b, _ = (option.pk for option in question.options.all())
        give(study, readers[0], question, [a, b])
        give(study, readers[1], question, [b, a])
        give(study, readers[2], question, [b])
        (found,) = study_statistics(study).questions
        assert found.counts == [("A", 2, 67), ("B", 3, 100), ("C", 0, 0)]
        # One pair of three agrees; the order in which options are named says nothing.
        assert found.agreement == pytest.approx(1 / 3)

    def test_drawings_count_their_objects(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        question = make_question(study, kind="MPOI", required=False)
        many = KINDS["MPOI"].example
        give(study, readers[0], question, many)
        give(study, readers[1], question, {**many, "points": many["points"][:1]})
        give(study, readers[2], question, GivenAnswer(is_confirmed_empty=True))
        (found,) = study_statistics(study).questions
        assert (found.answered, found.empty, found.mean) == (3, 1, 1.5)

    def test_progress_per_reader(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=2)
        question = make_question(study)
        give(study, readers[0], question, "yes", "yes")
        give(study, readers[1], question, "yes")
        done = {reader.username: p.done for reader, p in study_statistics(study).readers}
        assert {name: done[name] for name in ("reader0", "reader1", "reader2")} == {
            "reader0": 2,
            "reader1": 1,
            "reader2": 0,
        }

    def test_the_page(self, user: User, client: Client, readers: list[User]) -> None:
        study = make_study(editor=user, readers=readers, cases=1)
        give(study, readers[0], make_question(study, kind=Kind.NUMBER), 5)
        make_question(study, kind=Kind.CHOICE, text="Which?")
        client.force_login(user)
        response = client.get(reverse("reader_studies:statistics", args=[study.pk]))
        assert response.status_code == 200
        assert b"Which?" in response.content


class TestExport:
    def rows(self, study: ReaderStudy) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO("".join(answers_csv(study)))))

    def test_every_kind(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        choice = make_question(study, kind=Kind.CHOICE, text="Choice", options=["Good", "=bad"])
        questions = {
            "Text": make_question(study, kind=Kind.TEXT, text="Text"),
            "Number": make_question(study, kind=Kind.NUMBER, text="Number"),
            "Yes": make_question(study, text="Yes"),
        }
        give(study, readers[0], choice, choice.options.get(title="=bad").pk)
        for text, value in (("Text", 'a,"b"\nc'), ("Number", "-1.5"), ("Yes", "no")):
            give(study, readers[0], questions[text], value)
        answers = {row["question"]: row["answer"] for row in self.rows(study)}
        assert answers == {
            "Choice": "'=bad",
            "Text": 'a,"b"\nc',
            "Number": "-1.5",
            "Yes": "no",
        }

    @pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+1", "-1", '=HYPERLINK("x")'])
    def test_no_cell_is_a_formula(self, readers: list[User], text: str) -> None:
        study = make_study(readers=readers, cases=1, title="=study")
        study.display_sets.update(title=text)
        give(study, readers[0], make_question(study, kind=Kind.TEXT, text=text), text)
        (row,) = self.rows(study)
        assert (row["case"], row["question"], row["answer"]) == (f"'{text}",) * 3

    def test_letters_of_everywhere(self, user: User, client: Client, readers: list[User]) -> None:
        study = make_study(editor=user, readers=readers, cases=1)
        give(study, readers[0], make_question(study, kind=Kind.TEXT), "Größe 结节 🩻")
        client.force_login(user)
        response = client.get(reverse("reader_studies:export", args=[study.pk]))
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == f'attachment; filename="answers-{study.pk}.csv"'
        assert response.content.startswith(b"\xef\xbb\xbf")
        assert "Größe 结节 🩻" in response.content.decode("utf-8-sig")
        assert Event.objects.filter(name="reader_studies.answers.exported", actor=user).exists()

    def test_order_and_header(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=2)
        question = make_question(study)
        for reader in reversed(readers):
            give(study, reader, question, "yes", "no")
        rows = self.rows(study)
        seen = [(row["case"], row["reader"]) for row in rows]
        titles = list(study.display_sets.values_list("title", flat=True))
        assert seen == [(title, reader.username) for title in titles for reader in readers]
        assert list(rows[0])[:3] == ["case", "case_id", "reader"]

    def test_values_for_programs(self, readers: list[User]) -> None:
        study = make_study(readers=readers, cases=1)
        point = KINDS["POIN"].example
        for kind, value in (("NUMB", -2), ("POIN", point), ("BOOL", "yes"), ("TEXT", "=x")):
            give(study, readers[0], make_question(study, kind=kind, text=kind), value)
        found = {row["question"]: json.loads(row["value"]) for row in self.rows(study)}
        assert found == {"NUMB": -2, "POIN": point, "BOOL": True, "TEXT": "=x"}

    def test_everything_as_json(self, user: User, client: Client, readers: list[User]) -> None:
        study = make_study(editor=user, readers=readers, cases=2, shuffle=True)
        question = make_question(study, kind=Kind.CHOICE, text="Which?")
        give(study, readers[0], question, question.options.all()[0].pk)
        first = study.display_sets.all()[0]
        set_reference(
            editor=user,
            display_set=first,
            question=question,
            given=GivenAnswer(value=question.options.all()[1].pk),
            explanation="so",
        )
        open_reading(reader=readers[0], display_set=first)
        client.force_login(user)
        response = client.get(reverse("reader_studies:export_all", args=[study.pk]))
        found = json.loads(response.content)
        assert found["reader_study"]["shuffle"] is True
        assert [option["title"] for option in found["questions"][0]["options"]] == ["A", "B"]
        assert {case["id"] for case in found["cases"]} == {
            str(case.pk) for case in study.display_sets.all()
        }
        assert [(one["text"], one["is_reference"], one["score"]) for one in found["answers"]] == [
            ("A", False, 0.0),
            ("B", True, None),
        ]
        (reading,) = found["readings"]
        order = ordered_sets(study, reader=readers[0])
        assert reading["position"] == order.index(first.pk) + 1

    def test_an_empty_study_has_a_header(self, db: None) -> None:
        assert "".join(answers_csv(make_study())).count("\n") == 1
