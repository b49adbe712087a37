"""What a study is made of, and what answers protect."""

import pytest
from django.test import Client
from django.urls import resolve, reverse

from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from reader_studies.models import Answer, ReaderStudy
from reader_studies.services import (
    add_display_sets,
    delete_display_set,
    delete_question,
    save_answers,
)
from tests.factories.archives import make_archive
from tests.factories.studies import Kind, make_question, make_study


def test_cases_and_questions_keep_their_order(user: User) -> None:
    study = make_study(editor=user, cases=2)
    items = make_archive(editor=user, cases=2).items.order_by("-created")
    add_display_sets(actor=user, study=study, items=items)
    orders = [row.order for row in study.display_sets.all()]
    assert orders == sorted(set(orders))
    titles = [row.title for row in study.display_sets.all()]
    assert titles == ["Case 1", "Case 2", "Case 2", "Case 1"]


def test_a_study_outlives_its_archive(user: User) -> None:
    archive = make_archive(editor=user, cases=1)
    study = make_study(editor=user, archive=archive)
    archive.delete()
    assert study.display_sets.get().values.count() == 1


@pytest.mark.parametrize("options", [[], ["A"], ["A", " A "], ["", "  ", "B"]])
def test_a_choice_needs_two_options(user: User, options: list[str]) -> None:
    study = make_study(editor=user)
    with pytest.raises(ValidationFailed):
        make_question(study, kind=Kind.CHOICE, options=options)
    assert not study.questions.exists()


def test_options_are_cleaned_and_only_for_choices(user: User) -> None:
    study = make_study(editor=user)
    question = make_question(study, kind=Kind.CHOICE, options=[" B ", "A", "B", ""])
    assert [option.title for option in question.options.all()] == ["B", "A"]
    assert not make_question(study, kind=Kind.TEXT, options=["A", "B"]).options.exists()


def test_what_was_answered_stays(user: User) -> None:
    study = make_study(editor=user, cases=2)
    question, free = make_question(study), make_question(study, text="Free")
    first, second = study.display_sets.all()
    save_answers(reader=user, display_set=first, given={question.pk: "yes"}, partial=True)
    with pytest.raises(Conflict):
        delete_display_set(actor=user, display_set=first)
    with pytest.raises(Conflict):
        delete_question(actor=user, question=question)
    delete_display_set(actor=user, display_set=second)
    delete_question(actor=user, question=free)
    assert (study.display_sets.count(), study.questions.count()) == (1, 1)
    assert Answer.objects.count() == 1


class TestPages:
    def test_a_question_with_options_line_by_line(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user)
        address = reverse("reader_studies:add_question", args=[study.pk])
        signed_in.post(address, {"text": "Quality", "kind": "CHOI", "options": "Good\r\nBad\r\n"})
        assert [o.title for o in study.questions.get().options.all()] == ["Good", "Bad"]

    def test_complaints_stand_beside_the_field(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user)
        address = reverse("reader_studies:add_question", args=[study.pk])
        response = signed_in.post(address, {"text": "Kept?", "kind": "CHOI", "options": "One"})
        assert response.status_code == 200
        assert b"at least two different options" in response.content
        assert b"Kept?" in response.content
        response = signed_in.post(
            address, {"text": "N", "kind": "NUMB", "minimum": "3", "maximum": "1"}
        )
        assert b"smaller than the smallest" in response.content
        assert not study.questions.exists()

    def test_reading_begins_at_the_first_unfinished_case(
        self, signed_in: Client, user: User
    ) -> None:
        study = make_study(editor=user, cases=2)
        question = make_question(study)
        first, second = study.display_sets.all()
        address = reverse("reader_studies:read", args=[study.pk])
        assert _case(signed_in, address) == first.pk
        for display_set, following in ((first, second), (second, first)):
            save_answers(reader=user, display_set=display_set, given={question.pk: "yes"})
            assert _case(signed_in, address) == following.pk

    def test_reading_a_study_without_cases(self, signed_in: Client, user: User) -> None:
        study: ReaderStudy = make_study(editor=user)
        response = signed_in.get(reverse("reader_studies:read", args=[study.pk]))
        assert response["Location"] == reverse("reader_studies:detail", args=[study.pk])


def _case(client: Client, address: str) -> object:
    return resolve(client.get(address)["Location"]).kwargs["pk"]
