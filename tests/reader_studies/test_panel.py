"""The panel beside the picture: what it shows, what becomes of answers, which case is next."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role
from app.sockets.schemas import KINDS
from app.sockets.services import ensure_socket, json_value
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy, Reading
from reader_studies.policies import READER_STUDIES
from reader_studies.selectors import ordered_sets, starts_of
from reader_studies.services import save_answers
from tests.factories.accounts import UserFactory
from tests.factories.studies import Kind, make_question, make_study


@pytest.fixture
def study(user: User) -> ReaderStudy:
    """A study of three cases; ``user`` reads."""
    return make_study(readers=[user], cases=3)


@pytest.fixture
def case(study: ReaderStudy) -> DisplaySet:
    return study.display_sets.all()[0]


class Panel:
    """What the script of the panel sends."""

    def __init__(self, client: Client, writer: str = "one") -> None:
        self.client, self.writer = client, writer

    def send(self, case: DisplaySet, answers: dict[Any, Any] | None = None, **body: Any) -> Any:
        given = {
            str(question.pk): each
            if isinstance(each, dict) and "value" in each
            else {"value": each}
            for question, each in (answers or {}).items()
        }
        response = self.client.post(
            reverse("reader_studies:answers", args=[case.pk]),
            {"answers": given, "writer": self.writer, **body},
            content_type="application/json",
        )
        assert response.status_code == 200, response.content
        return response.json()

    def page(self, case: DisplaySet) -> str:
        response = self.client.get(reverse("reader_studies:panel", args=[case.pk]))
        assert response.status_code == 200
        return response.content.decode()


@pytest.fixture
def panel(signed_in: Client) -> Panel:
    return Panel(signed_in)


class TestSaving:
    def test_as_one_goes(self, panel: Panel, study: ReaderStudy, case: DisplaySet) -> None:
        number, text = make_question(study, kind=Kind.NUMBER), make_question(study, kind=Kind.TEXT)
        told = panel.send(case, {number: "3,5", text: "seen"})
        assert told["versions"] == {str(number.pk): 1, str(text.pk): 1}
        assert Answer.objects.get(question=number).value == 3.5
        assert 'value="3.5"' in panel.page(case)

    def test_one_that_is_wrong_holds_up_no_other(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        number, text = make_question(study, kind=Kind.NUMBER), make_question(study, kind=Kind.TEXT)
        told = panel.send(case, {number: "<many>", text: "seen"})
        assert told["errors"] == {str(number.pk): "Please enter a number."}
        assert Answer.objects.get().question == text

    def test_done_goes_on_to_the_next_case(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study)
        told = panel.send(case, {question: "yes"}, done=True)
        following = study.display_sets.all()[1]
        assert told["next"] == reverse("viewer:open", args=["display-set", following.pk])
        assert told["progress"] == {"done": 1, "total": 3, "text": "1 of 3 cases"}
        assert Reading.objects.get().finished_at is not None

    def test_not_done_while_something_is_missing(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        needed, given = make_question(study), make_question(study, text="Other")
        told = panel.send(case, {given: "no"}, done=True)
        assert "next" not in told
        assert told["errors"] == {str(needed.pk): "Please answer this question."}
        assert Answer.objects.get().question == given
        assert not Reading.objects.filter(finished_at__isnull=False).exists()

    def test_nothing_is_confirmed(self, panel: Panel, study: ReaderStudy, case: DisplaySet) -> None:
        question = make_question(
            study, kind="MPOI", text="Nodules", required=False, confirm_empty=True
        )
        told = panel.send(case, {}, done=True)
        assert "confirm" in told["errors"][str(question.pk)]
        assert "next" in panel.send(case, {question: {"value": None, "confirmed": True}}, done=True)
        answer = Answer.objects.get()
        assert (answer.value, answer.content) == (None, None)
        assert f'name="c-{question.pk}" checked' in panel.page(case)
        panel.send(case, {question: {"value": None, "confirmed": False}})
        assert not Answer.objects.exists()

    def test_a_required_question_is_not_answered_by_confirming(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study)
        told = panel.send(case, {question: {"value": None, "confirmed": True}}, done=True)
        assert str(question.pk) in told["errors"]

    @pytest.mark.parametrize("key", ["DIST", "MDIS", "POLY", "M3AN", "MELL"])
    def test_drawings(self, panel: Panel, study: ReaderStudy, case: DisplaySet, key: str) -> None:
        question = make_question(study, kind=key)
        example = KINDS[key].example
        panel.send(case, {question: example})
        assert Answer.objects.get().value == example
        told = panel.send(case, {question: {"value": {**example, "type": "Circle"}}})
        assert "no " in told["errors"][str(question.pk)]
        assert Answer.objects.get().value == example

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"[]", b"nothing", b'{"answers": []}', b'{"answers": {"x": 3}}', b"[" * 5000),
            *(b'{"writer": 3}', b'{"answers": {"01a20000-0000-7000-8000-000000000001": 3}}'),
        ],
    )
    def test_what_cannot_be_read(self, signed_in: Client, case: DisplaySet, body: bytes) -> None:
        address = reverse("reader_studies:answers", args=[case.pk])
        response = signed_in.post(address, body, content_type="application/json")
        assert response.status_code in (200, 400)
        assert not Answer.objects.exists()

    @pytest.mark.parametrize(
        "value", [r'"\ud800"', "NaN", '{"a": "\\u0000"}', "[" * 70 + "]" * 70, "1e999"]
    )
    @pytest.mark.parametrize("kind", [Kind.TEXT, "POIN"])
    def test_what_cannot_be_stored(
        self, signed_in: Client, study: ReaderStudy, case: DisplaySet, value: str, kind: str
    ) -> None:
        question = make_question(study, kind=kind)
        address = reverse("reader_studies:answers", args=[case.pk])
        body = f'{{"answers": {{"{question.pk}": {{"value": {value}}}}}}}'
        response = signed_in.post(address, body.encode(), content_type="application/json")
        assert response.status_code == 400
        assert "cannot be stored" in response.content.decode()
        assert not Answer.objects.exists()

    def test_questions_of_other_studies_are_ignored(self, panel: Panel, case: DisplaySet) -> None:
        foreign = make_question(make_study())
        assert panel.send(case, {foreign: "yes"})["versions"] == {}
        assert not Answer.objects.exists()

    def test_headings_take_nothing(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        heading = make_question(study, kind=Kind.HEADING, text="Lungs")
        assert "next" in panel.send(case, {heading: "x"}, done=True)
        assert "<h3>Lungs</h3>" in panel.page(case)
        assert not Answer.objects.exists()


class TestTwoWindows:
    def test_neither_overwrites_the_other(
        self, signed_in: Client, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study)
        one, two = Panel(signed_in, "one"), Panel(signed_in, "two")
        one.send(case, {question: {"value": "yes", "version": 0}})
        told = two.send(case, {question: {"value": "no", "version": 0}}, done=True)
        found = told["conflicts"][str(question.pk)]
        assert found == {"value": True, "confirmed": False, "text": "yes", "version": 1}
        assert "next" not in told
        assert Answer.objects.get().value is True
        told = two.send(case, {question: {"value": "no", "version": 1}})
        assert told["versions"] == {str(question.pk): 2}

    def test_a_window_that_did_not_hear_may_say_more(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study, kind=Kind.TEXT)
        for text in ("a", "ab", "ab", "abc"):
            told = panel.send(case, {question: {"value": text, "version": 0}})
        assert told["versions"] == {str(question.pk): 3}
        assert Answer.objects.get().value == "abc"

    def test_an_answer_given_again_is_another_version(
        self, signed_in: Client, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study)
        key = str(question.pk)
        one, two = Panel(signed_in, "one"), Panel(signed_in, "two")
        one.send(case, {question: {"value": "yes", "version": 0}})
        assert two.send(case, {question: {"value": "", "version": 1}})["versions"] == {key: 0}
        assert two.send(case, {question: {"value": "no", "version": 0}})["versions"] == {key: 2}
        told = one.send(case, {question: {"value": "", "version": 1}})
        assert told["conflicts"][key]["version"] == 2, "writer one saw the first answer alone"
        assert Answer.objects.get().value is False

    def test_the_same_answer_is_no_conflict(
        self, signed_in: Client, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study)
        for writer in ("one", "two"):
            told = Panel(signed_in, writer).send(case, {question: {"value": "yes", "version": 0}})
            assert told["conflicts"] == {}


class TestTime:
    def test_no_more_than_went_by(self, panel: Panel, study: ReaderStudy, case: DisplaySet) -> None:
        panel.send(case, opened=True, spent=3600)
        assert Reading.objects.get().spent <= timedelta(seconds=31)
        Reading.objects.update(modified=timezone.now() - timedelta(seconds=100), spent=timedelta())
        panel.send(case, spent=90)
        assert Reading.objects.get().spent == timedelta(seconds=90)

    def test_openings_are_counted(self, panel: Panel, case: DisplaySet) -> None:
        for _ in range(2):
            panel.send(case, opened=True)
        assert Reading.objects.get().openings == 2

    def test_a_number_too_large_for_any_time(self, signed_in: Client, case: DisplaySet) -> None:
        address = reverse("reader_studies:answers", args=[case.pk])
        body = b'{"spent": 1' + b"0" * 299 + b"}"
        assert signed_in.post(address, body, content_type="application/json").status_code == 200
        assert Reading.objects.get().spent == timedelta()
        body = b'{"spent": 1' + b"0" * 400 + b"}"
        assert signed_in.post(address, body, content_type="application/json").status_code == 400

    @pytest.mark.parametrize("spent", [-5, "10", True, None, 1e300, {"a": 1}])
    def test_other_times_are_none(self, panel: Panel, case: DisplaySet, spent: Any) -> None:
        panel.send(case, spent=spent)
        assert Reading.objects.get().spent == timedelta()

    def test_of_an_answer(self, panel: Panel, study: ReaderStudy, case: DisplaySet) -> None:
        question = make_question(study)
        panel.send(case, {question: {"value": "yes", "duration": 2.5}})
        panel.send(case, {question: {"value": "no", "duration": 1.5}})
        answer = Answer.objects.get()
        assert answer.last_edit_duration == timedelta(seconds=1.5)
        assert answer.total_edit_duration == timedelta(seconds=4)


class TestStarts:
    def test_answers_roll_over(self, user: User, panel: Panel) -> None:
        study = make_study(readers=[user], cases=4, roll_over=1)
        question = make_question(study, kind=Kind.NUMBER)
        cases = list(study.display_sets.all())
        for case, value in ((cases[0], "1"), (cases[1], "2"), (cases[2], "3")):
            save_answers(reader=user, display_set=case, given={question.pk: value})
        starts = [starts_of(case, reader=user).get(question.pk) for case in cases]
        assert [start and (start.value, start.source) for start in starts] == [
            None,
            (1.0, "previous"),
            None,
            (3.0, "previous"),
        ]
        page = panel.page(cases[3])
        assert 'data-start="previous"' in page
        assert "From the case before" in page
        assert 'data-start="previous"' not in panel.page(cases[1]), "it is answered"
        assert not Answer.objects.filter(display_set=cases[3]).exists(), "only shown so far"

    def test_in_the_order_of_the_reader(self, user: User) -> None:
        study = make_study(readers=[user], cases=5, roll_over=4, shuffle=True)
        question = make_question(study)
        first, second, *_ = ordered_sets(study, reader=user)
        save_answers(
            reader=user,
            display_set=study.display_sets.get(pk=first),
            given={question.pk: "yes"},
        )
        start = starts_of(study.display_sets.get(pk=second), reader=user)[question.pk]
        assert (start.value, start.source) == (True, "previous")

    def test_a_value_of_the_case(self, user: User, study: ReaderStudy, case: DisplaySet) -> None:
        found = ensure_socket(slug="found", title="Found", kind="MPOI", relative_path="found.json")
        kind = ensure_socket(slug="kind", title="Kind", kind="CHOI", relative_path="kind.json")
        points = KINDS["MPOI"].example
        case.values.add(json_value(socket=found, value=points))
        case.values.add(json_value(socket=kind, value="B"))
        drawn = make_question(study, kind="MPOI", socket=found)
        chosen = make_question(study, kind=Kind.CHOICE, text="Which?", socket=kind)
        starts = starts_of(case, reader=user)
        assert (starts[drawn.pk].value, starts[drawn.pk].source) == (points, "socket")
        assert starts[chosen.pk].value == chosen.options.get(title="B").pk

    def test_default_options(self, user: User, study: ReaderStudy, case: DisplaySet) -> None:
        one = make_question(study, kind=Kind.CHOICE, text="One", defaults=["B"])
        many = make_question(study, kind=Kind.CHOICES, text="Many", defaults=["A", "B"])
        starts = starts_of(case, reader=user)
        assert starts[one.pk].value == one.options.get(title="B").pk
        assert starts[many.pk].value == [option.pk for option in many.options.all()]


class TestOrder:
    def test_every_reader_has_one(self, user: User) -> None:
        study = make_study(cases=8, shuffle=True)
        readers = [UserFactory() for _ in range(3)]
        orders = [ordered_sets(study, reader=reader) for reader in readers]
        assert len({tuple(order) for order in orders}) == 3
        assert ordered_sets(study, reader=readers[0]) == orders[0]

    def test_one_case_after_the_other(self, user: User, signed_in: Client) -> None:
        study = make_study(readers=[user], cases=3, case_navigation=False)
        question = make_question(study)
        first, second, _ = study.display_sets.all()
        panel = Panel(signed_in)
        told = panel.send(second, {question: "yes"})
        assert "one after the other" in told["message"]
        assert "Go on with the case that is next" in panel.page(second)
        panel.send(first, {question: "yes"})
        panel.send(first, {question: "no"})
        assert Answer.objects.get().value is False, "still open until the reader goes on"
        read = reverse("reader_studies:read", args=[study.pk])
        assert str(first.pk) in signed_in.get(read)["Location"]
        assert str(second.pk) in panel.send(first, {}, done=True)["next"]
        assert str(second.pk) in signed_in.get(read)["Location"]
        assert panel.send(first, {question: "yes"})["message"]
        assert "Previous case" not in panel.page(second)

    def test_the_end(self, user: User, signed_in: Client) -> None:
        study = make_study(readers=[user], cases=1, end_text="Thank you, dear reader.")
        question = make_question(study)
        told = Panel(signed_in).send(study.display_sets.get(), {question: "yes"}, done=True)
        page = signed_in.get(told["next"]).content.decode()
        assert "You have read every case" in page
        assert "Thank you, dear reader." in page


class TestPage:
    @pytest.mark.parametrize(
        ("kind", "fields", "shown"),
        [
            ("TEXT", {"widget": "Text Input", "max_length": 9}, 'type="text"'),
            ("TEXT", {}, "<textarea"),
            ("NUMB", {"step": "0.5", "minimum": 1}, 'data-step="0.500000000"'),
            ("NUMB", {"widget": "Number Range", "minimum": 0, "maximum": 9}, 'type="range"'),
            ("CHOI", {"widget": "Select"}, "<select"),
            ("MCHO", {}, 'type="checkbox"'),
            ("MCHO", {"widget": "Select Multiple"}, "multiple"),
            ("MASK", {"color": "#ff0000"}, "panel-draw"),
            ("MDIS", {"viewport": "secondary"}, "&quot;viewport&quot;: &quot;secondary&quot;"),
        ],
    )
    def test_every_control(
        self,
        panel: Panel,
        study: ReaderStudy,
        case: DisplaySet,
        kind: str,
        fields: dict[str, Any],
        shown: str,
    ) -> None:
        make_question(study, kind=kind, **fields)
        assert shown in panel.page(case)

    def test_what_was_typed_is_only_text(
        self, panel: Panel, study: ReaderStudy, case: DisplaySet
    ) -> None:
        question = make_question(study, kind=Kind.TEXT, text="<b>Bold?</b>")
        panel.send(case, {question: '</textarea><script>alert("x")</script>'})
        page = panel.page(case)
        assert "<script>alert" not in page
        assert "<b>Bold" not in page

    def test_locked_where_answers_are_final(self, user: User, panel: Panel) -> None:
        study = make_study(readers=[user], cases=1, answers_may_change=False)
        question, case = make_question(study), study.display_sets.get()
        panel.send(case, {question: "yes"}, done=True)
        page = panel.page(case)
        assert "data-locked" in page
        assert "Save and next case" not in page
        assert "may not be changed" in panel.send(case, {question: "no"})["message"]

    def test_strangers_find_nothing(self, client: Client, case: DisplaySet) -> None:
        client.force_login(UserFactory())
        for name in ("panel", "reference_panel"):
            assert client.get(reverse(f"reader_studies:{name}", args=[case.pk])).status_code == 404
        for name in ("answers", "reference_answers"):
            address = reverse(f"reader_studies:{name}", args=[case.pk])
            assert client.post(address, "{}", content_type="application/json").status_code == 404

    def test_readers_enter_no_reference(self, signed_in: Client, case: DisplaySet) -> None:
        address = reverse("reader_studies:reference_answers", args=[case.pk])
        assert signed_in.post(address, "{}", content_type="application/json").status_code == 404


def test_the_order_of_cases_stays_once_somebody_reads(user: User, signed_in: Client) -> None:
    study = make_study(editor=user, cases=2)
    question: Question = make_question(study)
    grant_role(READER_STUDIES, actor=user, obj=study, user=user, role="EDITOR")
    save_answers(reader=user, display_set=study.display_sets.all()[0], given={question.pk: "yes"})
    address = reverse("reader_studies:edit", args=[study.pk])
    body = {"title": study.title, "answers_may_change": "on", "case_navigation": "on"}
    assert signed_in.post(address, {**body, "shuffle": "on"}).status_code == 409
    assert signed_in.post(address, {**body, "title": "Other"}).status_code == 302
    study.refresh_from_db()
    assert (study.title, study.shuffle) == ("Other", False)
