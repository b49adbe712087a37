"""What a study is made of, and what answers protect."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError as ModelError
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
    update_question,
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


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"),
    [
        ("NUMB", {"minimum": 3, "maximum": 1}, "maximum"),
        ("NUMB", {"step": 0}, "step"),
        ("NUMB", {"step": -1}, "step"),
        ("NUMB", {"widget": "Number Range"}, "widget"),
        ("NUMB", {"widget": "Select"}, "widget"),
        ("TEXT", {"min_length": 5, "max_length": 4}, "min_length"),
        ("TEXT", {"max_length": 0}, "max_length"),
        ("TEXT", {"max_length": 20_000}, "max_length"),
        ("TEXT", {"pattern": "("}, "pattern"),
        ("TEXT", {"pattern": r"(a)\1"}, "pattern"),
        ("DIST", {"color": "red"}, "color"),
        ("DIST", {"viewport": "third"}, "viewport"),
        ("DIST", {"widget": "Accept/Reject Findings"}, "widget"),
        ("MASK", {"segments": [{"name": "", "voxel_value": 1}]}, "segments"),
        ("MASK", {"segments": "x"}, "segments"),
        ("CIRC", {}, "kind"),
    ],
)
def test_questions_that_cannot_be(
    user: User, kind: str, fields: dict[str, Any], wrong: str
) -> None:
    study = make_study(editor=user)
    with pytest.raises(ModelError) as raised:
        make_question(study, kind=kind, **fields)
    assert list(raised.value.message_dict) == [wrong]
    assert not study.questions.exists()


def test_what_means_nothing_for_a_kind_is_forgotten(user: User) -> None:
    study = make_study(editor=user)
    given = {"minimum": 1, "step": 1, "pattern": "^a$", "color": "#ff0000", "viewport": "main"}
    yes_no = make_question(study, kind="BOOL", **given)
    assert (yes_no.minimum, yes_no.step, yes_no.pattern, yes_no.color) == (None, None, "", "")
    heading = make_question(study, kind="HEAD", required=True, confirm_empty=True)
    assert (heading.required, heading.confirm_empty) == (False, False)


def test_rules_stay_once_there_are_answers(user: User) -> None:
    study = make_study(editor=user, cases=1)
    question = make_question(study, kind=Kind.NUMBER, maximum=10)
    update_question(actor=user, question=question, maximum=5)
    case = study.display_sets.get()
    save_answers(reader=user, display_set=case, given={question.pk: 4})
    with pytest.raises(Conflict):
        update_question(actor=user, question=question, maximum=3)
    question.refresh_from_db()
    update_question(actor=user, question=question, text="How many, really?", maximum=5)
    assert study.questions.get().text == "How many, really?"


class TestPages:
    def test_a_question_with_options_line_by_line(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user)
        address = reverse("reader_studies:add_question", args=[study.pk])
        signed_in.post(address, {"text": "Quality", "kind": "CHOI", "options": "Good\r\nBad\r\n"})
        assert [o.title for o in study.questions.get().options.all()] == ["Good", "Bad"]

    def test_a_mask_with_labels_line_by_line(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user)
        address = reverse("reader_studies:add_question", args=[study.pk])
        lines = "1 Solid part #FF9F1C\r\n2 Ground glass\r\n"
        body = {"text": "Paint it", "kind": "MASK", "segment_lines": lines, "minimum": "3"}
        assert signed_in.post(address, body).status_code == 302
        question = study.questions.get()
        assert question.segments == [
            {"name": "Solid part", "voxel_value": 1, "visible": True, "color": "#ff9f1c"},
            {"name": "Ground glass", "voxel_value": 2, "visible": True},
        ]
        page = signed_in.get(reverse("reader_studies:edit_question", args=[question.pk]))
        assert "1 Solid part #ff9f1c" in page.content.decode()
        for bad in ("Solid", "1", "x Solid", "1 A\r\n1 B"):
            response = signed_in.post(address, {**body, "segment_lines": bad})
            assert response.status_code == 200, bad
            assert b"field-bad" in response.content

    def test_a_question_is_changed_and_its_rules_stay(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind=Kind.NUMBER, text="Size", maximum=10)
        address = reverse("reader_studies:edit_question", args=[question.pk])
        body = {"text": "Size in mm", "required": "on", "maximum": "20"}
        assert signed_in.post(address, body).status_code == 302
        question.refresh_from_db()
        assert (question.text, question.maximum) == ("Size in mm", 20)
        case = study.display_sets.get()
        save_answers(reader=user, display_set=case, given={question.pk: 4})
        response = signed_in.post(address, {**body, "maximum": "5"})
        assert "has answers" in response.content.decode()
        assert signed_in.post(address, {**body, "text": "Size (mm)"}).status_code == 302
        question.refresh_from_db()
        assert (question.text, question.maximum) == ("Size (mm)", 20)

    def test_default_options_are_marked(self, signed_in: Client, user: User) -> None:
        study = make_study(editor=user)
        address = reverse("reader_studies:add_question", args=[study.pk])
        signed_in.post(address, {"text": "Q", "kind": "CHOI", "options": "Good *\r\nBad"})
        options = study.questions.get().options
        assert list(options.values_list("title", "default")) == [("Good", True), ("Bad", False)]
        both = signed_in.post(address, {"text": "R", "kind": "CHOI", "options": "A*\r\nB*"})
        assert b"Only one option can be the default" in both.content

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
