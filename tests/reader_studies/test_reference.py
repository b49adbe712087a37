"""The reference standard: entered in the viewer, as a table, from a reader; and what it scores."""

import csv
import io
import tracemalloc
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import Conflict, ValidationFailed
from app.sockets.schemas import KINDS
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.selectors import progress_of
from reader_studies.services import (
    AnsweredElsewhere,
    GivenAnswer,
    answers_csv,
    change_display_set,
    delete_display_set,
    delete_question,
    read_reference_csv,
    reference_csv,
    save_answers,
    set_reference,
    study_statistics,
    take_as_reference,
)
from tests.factories.accounts import UserFactory
from tests.factories.studies import Kind, make_question, make_study


@pytest.fixture
def study(user: User) -> ReaderStudy:
    """A study of two cases that ``user`` edits."""
    return make_study(editor=user, cases=2)


def enter(study: ReaderStudy, user: User, *rows: list[Any], delimiter: str = ",") -> int:
    """Give a table."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return read_reference_csv(editor=user, study=study, data=buffer.getvalue().encode())


def refusal(study: ReaderStudy, user: User, *rows: list[Any]) -> list[str]:
    """Return what is said about a table that is not taken."""
    with pytest.raises(ValidationFailed) as raised:
        enter(study, user, *rows)
    assert not Answer.references.exists()
    return list(raised.value.fields["file"])


def references(study: ReaderStudy) -> dict[tuple[str, str], Any]:
    """Return the reference standard by case and question."""
    found = Answer.references.filter(display_set__study=study)
    return {(one.display_set.title, one.question.text): one.content for one in found}


class TestTables:
    def test_by_title_with_every_kind(self, study: ReaderStudy, user: User) -> None:
        kinds = {"Yes?": "BOOL", "Size": "NUMB", "Words": "TEXT", "Which": "CHOI", "Signs": "MCHO"}
        asked = {text: make_question(study, kind=kind, text=text) for text, kind in kinds.items()}
        heads = ["case", *kinds, "Size (explanation)"]
        count = enter(
            study,
            user,
            heads,
            ["Case 1", "yes", "3,5", "'=1+1", "b", "B; A", "measured twice"],
            ["Case 2", "no", "", "", "A", "", ""],
        )
        assert count == 7
        options = {one.title: one.pk for one in asked["Which"].options.all()}
        signs = [one.pk for one in asked["Signs"].options.all()]
        assert references(study) == {
            ("Case 1", "Yes?"): True,
            ("Case 1", "Size"): 3.5,
            ("Case 1", "Words"): "=1+1",
            ("Case 1", "Which"): options["B"],
            ("Case 1", "Signs"): signs,
            ("Case 2", "Yes?"): False,
            ("Case 2", "Which"): options["A"],
        }
        assert Answer.references.get(question=asked["Size"]).explanation == "measured twice"

    def test_what_comes_out_goes_in(self, study: ReaderStudy, user: User) -> None:
        make_question(study, kind="MDIS", text="Lines", required=False)
        make_question(study, kind=Kind.CHOICES, text="Odd", options=["a;b", "[c]", "=d"])
        make_question(study, kind=Kind.HEADING, text="Heading")
        make_question(study, kind=Kind.TEXT, text="Words")
        first, second = study.display_sets.all()
        for text, value in (
            ("Lines", KINDS["MDIS"].example),
            ("Odd", [str(one.pk) for one in study.questions.get(text="Odd").options.all()]),
            ("Words", 'two\nlines, "quoted"'),
        ):
            set_reference(
                editor=user,
                display_set=first,
                question=study.questions.get(text=text),
                given=GivenAnswer(value=value),
                explanation="@because",
            )
        set_reference(
            editor=user,
            display_set=second,
            question=study.questions.get(text="Lines"),
            given=GivenAnswer(is_confirmed_empty=True),
        )
        before = references(study)
        table = "".join(reference_csv(study))
        Answer.references.all().delete()
        read_reference_csv(editor=user, study=study, data=("\ufeff" + table).encode())
        assert references(study) == before
        assert before[("Case 2", "Lines")] is None
        assert {one.explanation for one in Answer.references.filter(display_set=first)} == {
            "@because"
        }
        events = Event.objects.filter(name="reader_studies.reference.changed").count()
        read_reference_csv(editor=user, study=study, data=table.encode())
        assert Event.objects.filter(name="reader_studies.reference.changed").count() == events

    def test_semicolons(self, study: ReaderStudy, user: User) -> None:
        make_question(study, kind=Kind.NUMBER, text="Size")
        assert enter(study, user, ["case", "Size"], ["Case 2", "3,5"], delimiter=";") == 1
        assert references(study) == {("Case 2", "Size"): 3.5}

    def test_by_id(self, study: ReaderStudy, user: User) -> None:
        question = make_question(study)
        case = study.display_sets.all()[1]
        enter(study, user, ["case_id", str(question.pk)], [str(case.pk), "yes"], [], ["", ""])
        assert references(study) == {(case.title, question.text): True}

    def test_all_or_nothing_with_every_complaint(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="Yes?")
        make_question(study, kind=Kind.CHOICE, text="Which")
        said = refusal(
            study,
            user,
            ["case", "Yes?", "Which", "Yes? (explanation)"],
            ["Case 1", "maybe", "C", ""],
            ["Case 3", "yes", "", ""],
            ["Case 1", "yes", "", ""],
            ["Case 2", "", "", "why"],
        )
        assert said == [
            "Row 2, “Yes?”: Please choose yes or no.",
            "Row 2, “Which”: “C” is none of the options; they are “A”, “B”.",
            "Row 3: there is no case “Case 3” in this study.",
            "Row 4: this case stands in row 2 already.",
            "Row 5, “Yes?”: there is an explanation but no answer.",
        ]

    @pytest.mark.parametrize(
        ("head", "said"),
        [
            (["Yes?"], "no column “case_id” or “case”"),
            (["case", "No?"], "“No?” is no question of this study; those are “Yes?”"),
            (["case", "Yes?", "yes?"], "is there twice"),
            (["case"], "no column with a question's words"),
        ],
    )
    def test_heads(self, study: ReaderStudy, user: User, head: list[str], said: str) -> None:
        make_question(study, text="Yes?")
        (found,) = refusal(study, user, head, ["Case 1", "yes"])
        assert said in found

    def test_cases_of_one_title(self, user: User) -> None:
        study = make_study(editor=user, cases=2)
        make_question(study, text="Yes?")
        study.display_sets.update(title="Same")
        (found,) = refusal(study, user, ["case", "Yes?"], ["Same", "yes"])
        assert "several cases are called “Same”" in found

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"\xff\xfe\x00a", "no UTF-8"),
            (b"case,Yes?\nCase 1,y\x00es", "no text"),
            (b'case,Yes?\nCase 1,"yes', "cannot be read as CSV"),
            (b"", "no column"),
        ],
    )
    def test_no_tables(self, study: ReaderStudy, user: User, data: bytes, said: str) -> None:
        make_question(study, text="Yes?")
        with pytest.raises(ValidationFailed) as raised:
            read_reference_csv(editor=user, study=study, data=data)
        assert said in raised.value.fields["file"][0]

    def test_many_complaints_are_cut(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="Yes?")
        rows = [[f"Case {n + 10}", "yes"] for n in range(50)]
        said = refusal(study, user, ["case", "Yes?"], *rows)
        assert len(said) == 21
        assert said[-1] == "… and 30 more."

    def test_the_page(self, study: ReaderStudy, signed_in: Client) -> None:
        make_question(study, text="Yes?")
        address = reverse("reader_studies:reference", args=[study.pk])
        table = signed_in.get(reverse("reader_studies:reference_table", args=[study.pk]))
        assert table.content.decode("utf-8-sig").splitlines()[0] == (
            "case_id,case,Yes?,Yes? (explanation)"
        )
        bad = SimpleUploadedFile("t.csv", b"case,Yes?\r\nCase 1,maybe\r\n")
        response = signed_in.post(address, {"file": bad})
        assert "Row 2, “Yes?”: Please choose yes or no." in response.content.decode()
        good = SimpleUploadedFile("t.csv", b"case,Yes?\r\nCase 1,yes\r\n")
        assert signed_in.post(address, {"file": good}).status_code == 302
        assert "1 of 1" in signed_in.get(address).content.decode()


class TestInTheViewer:
    def post(self, client: Client, case: DisplaySet, **body: Any) -> Any:
        address = reverse("reader_studies:reference_answers", args=[case.pk])
        response = client.post(address, body, content_type="application/json")
        assert response.status_code == 200
        return response.json()

    def test_entered_changed_and_taken_away(
        self, study: ReaderStudy, user: User, signed_in: Client
    ) -> None:
        question = make_question(study)
        case = study.display_sets.all()[0]
        key = str(question.pk)
        told = self.post(
            signed_in, case, answers={key: {"value": "yes", "explanation": " proven "}}, done=True
        )
        following = study.display_sets.all()[1]
        assert told["next"] == reverse("viewer:open", args=["reference-standard", following.pk])
        answer = Answer.references.get()
        assert (answer.value, answer.explanation, answer.reader) == (True, "proven", user)
        told = self.post(signed_in, case, answers={key: {"value": "no", "version": 7}})
        assert told["conflicts"][key]["text"] == "yes"
        self.post(signed_in, case, answers={key: {"value": "no", "version": 1}})
        assert Answer.references.get().value is False
        self.post(signed_in, case, answers={key: {"value": None}})
        assert not Answer.references.exists()

    @pytest.mark.parametrize(
        "body", [b"[]", b'{"answers": []}', b'{"answers": "x"}', b'{"answers": {"x": 3}}']
    )
    def test_what_cannot_be_read(self, signed_in: Client, study: ReaderStudy, body: bytes) -> None:
        address = reverse("reader_studies:reference_answers", args=[study.display_sets.all()[0].pk])
        response = signed_in.post(address, body, content_type="application/json")
        assert response.status_code in (200, 400)

    def test_the_panel(self, study: ReaderStudy, signed_in: Client) -> None:
        question = make_question(study)
        case = study.display_sets.all()[0]
        page = signed_in.get(reverse("reader_studies:reference_panel", args=[case.pk]))
        text = page.content.decode()
        assert "reference standard" in text
        assert f'name="e-{question.pk}"' in text
        assert signed_in.get(
            reverse("viewer:open", args=["reference-standard", case.pk])
        ).status_code in (200, 404)


class TestApart:
    def test_it_is_nobody_s_answer(self, study: ReaderStudy, user: User) -> None:
        question = make_question(study)
        case = study.display_sets.all()[0]
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value="yes")
        )
        assert progress_of(study, reader=user).done == 0
        assert study_statistics(study).answers == 0
        save_answers(reader=user, display_set=case, given={question.pk: "no"})
        assert Answer.objects.get().value is False
        assert Answer.references.get().value is True
        rows = list(csv.DictReader(io.StringIO("".join(answers_csv(study)))))
        assert [(row["answer"], row["is_reference"]) for row in rows] == [
            ("no", "no"),
            ("yes", "yes"),
        ]

    def test_from_a_reader(self, study: ReaderStudy, user: User, signed_in: Client) -> None:
        question = make_question(study)
        reader, case = UserFactory(), study.display_sets.all()[0]
        save_answers(reader=reader, display_set=case, given={question.pk: "yes"})
        assert take_as_reference(editor=user, study=study, reader=reader) == 1
        assert Answer.references.get().value is True
        assert Answer.objects.get().score == 1
        address = reverse("reader_studies:take_answers", args=[study.pk])
        assert signed_in.post(address, {"reader": str(reader.pk)}).status_code == 404
        assert signed_in.post(address, {"reader": str(user.pk)}).status_code == 302

    def test_taking_it_again_is_a_new_version(self, study: ReaderStudy, user: User) -> None:
        question, case = make_question(study), study.display_sets.all()[0]
        where = {"editor": user, "display_set": case, "question": question}
        first = set_reference(**where, given=GivenAnswer(value=True), explanation="seen")
        assert first is not None
        save_answers(reader=user, display_set=case, given={question.pk: False})
        assert take_as_reference(editor=user, study=study, reader=user) == 1
        taken = Answer.references.get()
        assert (taken.pk, taken.value, taken.version, taken.explanation) == (
            *(first.pk, False, 2),
            "",
        )
        with pytest.raises(AnsweredElsewhere):
            set_reference(**where, given=GivenAnswer(value=True, version=1, writer="old"))
        assert set_reference(**where, given=GivenAnswer(value=None)) is None
        again = set_reference(**where, given=GivenAnswer(value=True))
        assert again is not None
        assert again.version == 3

    def test_confirmed_emptiness_is_taken_too(self, study: ReaderStudy, user: User) -> None:
        question = make_question(study, kind="POIN", required=False, confirm_empty=True)
        case = study.display_sets.all()[0]
        given = {question.pk: GivenAnswer(is_confirmed_empty=True)}
        save_answers(reader=user, display_set=case, given=given)
        assert take_as_reference(editor=user, study=study, reader=user) == 1

    def test_what_it_answers_is_not_deleted(self, study: ReaderStudy, user: User) -> None:
        question, case = make_question(study), study.display_sets.all()[0]
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value=True)
        )
        for refused in (
            lambda: delete_question(actor=user, question=question),
            lambda: delete_display_set(actor=user, display_set=case),
            lambda: change_display_set(actor=user, display_set=case, replace_all=True),
        ):
            with pytest.raises(Conflict, match="reference standard"):
                refused()
        assert Answer.references.count() == 1

    def test_a_table_of_nothing_but_line_ends(self, study: ReaderStudy, user: User) -> None:
        make_question(study, text="Yes?")
        tracemalloc.start()
        try:
            with pytest.raises(ValidationFailed):
                read_reference_csv(
                    editor=user, study=study, data=b"case,Yes?\n" + b"\n" * 3_000_000
                )
            assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
        finally:
            tracemalloc.stop()


class TestScores:
    def scores(self, question: Question) -> list[float | None]:
        return list(
            Answer.objects.filter(question=question).order_by("pk").values_list("score", flat=True)
        )

    def test_follow_answers_and_reference(self, study: ReaderStudy, user: User) -> None:
        question = make_question(study, kind=Kind.CHOICES)
        case = study.display_sets.all()[0]
        one, two = (option.pk for option in question.options.all())
        save_answers(reader=user, display_set=case, given={question.pk: [one, two]})
        assert self.scores(question) == [None]
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value=[two, one])
        )
        assert self.scores(question) == [1]
        save_answers(reader=user, display_set=case, given={question.pk: [one]})
        assert self.scores(question) == [0]
        set_reference(editor=user, display_set=case, question=question, given=GivenAnswer())
        assert self.scores(question) == [None]

    def test_drawings_are_not_compared(self, study: ReaderStudy, user: User) -> None:
        question = make_question(study, kind="POIN")
        case = study.display_sets.all()[0]
        value = KINDS["POIN"].example
        save_answers(reader=user, display_set=case, given={question.pk: value})
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value=value)
        )
        assert self.scores(question) == [None]
