"""Reader studies, display sets, questions and answers over the API."""

from typing import Any

import pytest

from app.accounts.models import User
from app.images.models import Import
from app.images.services import run_import
from app.sockets.schemas import KINDS as SOCKET_KINDS
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket
from reader_studies.api.question_serializers import KINDS
from reader_studies.selectors import ordered_sets
from reader_studies.services import GivenAnswer, set_reference
from tests.api.conftest import Api
from tests.factories.images import make_upload
from tests.factories.studies import make_question, make_study

pytestmark = pytest.mark.django_db


def text(value: str) -> dict[str, Any]:
    socket = ensure_socket(slug="note", title="Note", kind="STR", relative_path="note.json")
    return {"interface": socket.slug, "value": value}


class TestStudies:
    def test_made_with_questions_and_read(self, api: Api, other: Api) -> None:
        study = api.post("reader-studies/", {"title": "Nodules"})
        asked = {
            "reader_study": study["api_url"],
            "text": "Which?",
            "answer_type": "Choice",
            "options": ["A", "B"],
        }
        question = api.post("reader-studies/questions/", asked)
        assert question["question_text_safe"] == "Which?"
        assert [option["title"] for option in question["options"]] == ["A", "B"]
        changed = api.patch(question["api_url"], {"text": "Which one?", "required": False})
        assert (changed["question_text_safe"], changed["required"]) == ("Which one?", False)
        shown = api.get("reader-studies/?slug=nodules")["results"][0]
        assert shown["questions"] == [changed]
        assert api.patch(study["api_url"], {"instructions": "Look."})["help_text_safe"] == "Look."
        assert api.get(f"reader-studies/questions/?reader_study={study['pk']}")["count"] == 1
        for path in (study["api_url"], question["api_url"]):
            other.get(path, status=404)
        other.post("reader-studies/questions/", asked, status=404)

    def test_a_choice_needs_options(self, api: Api) -> None:
        study = api.post("reader-studies/", {"title": "Nodules"})
        asked = {"reader_study": study["api_url"], "text": "Which?", "answer_type": "Choice"}
        assert "options" in api.post("reader-studies/questions/", asked, status=400)["fields"]

    def test_every_answer_type(self, api: Api) -> None:
        study = api.post("reader-studies/", {"title": "All"})
        for label in KINDS:
            asked = {"reader_study": study["api_url"], "text": label, "answer_type": label}
            if "hoice" in label:
                asked["options"] = ["A", {"title": "B", "default": True}]
            made = api.post("reader-studies/questions/", asked)
            assert made["answer_type"] == label
            assert [o["default"] for o in made["options"]] == [False, True][: len(made["options"])]
        assert len(api.get("reader-studies/?slug=all")["results"][0]["questions"]) == 23

    def test_every_setting_of_a_question(self, api: Api) -> None:
        study = api.post("reader-studies/", {"title": "All"})
        asked = {"reader_study": study["api_url"], "text": "Q"}
        path = "reader-studies/questions/"
        number = {"answer_type": "Number", "minimum": 0.5, "maximum": 3, "answer_step_size": "0.5"}
        made = api.post(path, {**asked, **number, "widget": "Number Range"})
        assert (made["answer_min_value"], made["minimum"]) == (None, 0.5)
        assert (made["answer_max_value"], made["answer_step_size"]) == (3, "0.5")
        assert made["widget"] == "Number Range"
        words = {
            "answer_min_length": 2,
            "answer_max_length": 9,
            "answer_match_pattern": "^[a-z ]+$",
        }
        made = api.post(path, {**asked, "answer_type": "Text", **words})
        assert {name: made[name] for name in words} == words
        socket = ensure_socket(slug="seg", title="Seg", kind="SEG", relative_path="images/seg")
        mask = {
            "answer_type": "Mask",
            "required": False,
            "image_port": "Secondary",
            "default_annotation_color": "#00ff00",
            "interface": socket.slug,
            "overlay_segments": [{"name": "Tumor", "voxel_value": 1, "visible": True}],
            "empty_answer_confirmation": True,
            "form_direction": "Vertical",
        }
        label = {"empty_answer_confirmation_label": "No tumor"}
        made = api.post(path, {**asked, **mask, **label})
        assert made["interface"]["slug"] == "seg"
        assert {name: made[name] for name in mask if name != "interface"} == {
            name: value for name, value in mask.items() if name != "interface"
        }
        assert made["empty_answer_confirmation_label_safe"] == "No tumor"
        changed = api.patch(made["api_url"], {"text": "R", "image_port": "Main"})
        assert changed["image_port"] == "Main"
        for wrong in (
            {"answer_match_pattern": "("},
            {"answer_step_size": "0"},
            {"widget": "Select"},
            {"overlay_segments": [1]},
            {"interface": "no-such"},
            {"options": [{"title": "A", "default": 1}]},
            {"default_annotation_color": "red"},
        ):
            kind = {"answer_type": "Mask" if "overlay_segments" in wrong else "Number"}
            kind = {"answer_type": "Text"} if "answer_match_pattern" in wrong else kind
            kind = {"answer_type": "Point"} if "default_annotation_color" in wrong else kind
            api.post(path, {**asked, **kind, **wrong}, status=400)

    def test_settings_of_a_study(self, api: Api) -> None:
        given = {
            "allow_case_navigation": False,
            "shuffle_hanging_list": True,
            "roll_over_answers_for_n_cases": 2,
        }
        made = api.post("reader-studies/", {"title": "S", **given, "end_of_study_text": "Bye"})
        assert {name: made[name] for name in given} == given
        assert made["end_of_study_text_safe"] == "Bye"
        api.patch(made["api_url"], {"roll_over_answers_for_n_cases": 101}, status=400)

    def test_the_reference_standard_is_for_editors(
        self, api: Api, other: Api, user: User, stranger: User
    ) -> None:
        study = make_study(editor=user, readers=[stranger], cases=1)
        question, case = make_question(study), study.display_sets.get()
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value="yes")
        )
        body = {"question": str(question.pk), "display_set": str(case.pk), "answer": False}
        given = other.post("reader-studies/answers/", body)
        path = f"reader-studies/{study.pk}/ground-truth/{case.pk}/"
        shown = api.get(path)[str(question.pk)]
        assert (shown["answer"], shown["answer_text"]) == (True, "yes")
        assert other.get(path) == {}
        assert api.get(f"reader-studies/{study.pk}/")["has_ground_truth"] is True
        reference = api.get("reader-studies/answers/?is_ground_truth=true")["results"]
        assert [one["is_ground_truth"] for one in reference] == [True]
        assert other.get("reader-studies/answers/?is_ground_truth=true")["count"] == 0
        other.get(reference[0]["api_url"], status=404)
        api.patch(reference[0]["api_url"], {"answer": False}, status=404)
        assert api.get(given["api_url"])["score"] == 0
        assert other.get(given["api_url"])["score"] is None
        assert api.get("reader-studies/answers/mine/")["count"] == 0

    def test_ground_truth_is_empty(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        other_study = make_study(editor=user, cases=1)
        case, foreign = study.display_sets.get(), other_study.display_sets.get()
        assert api.get(f"reader-studies/{study.pk}/ground-truth/{case.pk}/") == {}
        api.get(f"reader-studies/{study.pk}/ground-truth/{foreign.pk}/", status=404)
        api.get(f"reader-studies/{study.pk}/ground-truth/x/", status=404)


class TestDisplaySets:
    def test_orders_titles_and_values(self, api: Api) -> None:
        api.post("reader-studies/", {"title": "Nodules"})
        made = [
            api.post("reader-studies/display-sets/", {"reader_study": "nodules", **more})
            for more in ({}, {"title": "Two", "order": 0}, {"order": 5, "values": []})
        ]
        assert [one["order"] for one in made] == [10, 20, 5]
        assert made[0]["reader_study"] == "nodules"
        path = f"reader-studies/display-sets/{made[0]['pk']}/"
        answered = api.patch(path, {"values": [text("x")], "title": "One"})
        assert answered["values"][0]["interface"] == "note"
        shown = api.get(path)
        assert (shown["title"], shown["values"][0]["value"]) == ("One", "x")
        assert api.patch(path, {"order": 0})["order"] == 30
        assert api.put(path, {"values": []})["values"] == []

    def test_an_upload_becomes_an_image(self, api: Api, user: User) -> None:
        api.post("reader-studies/", {"title": "Nodules"})
        made = api.post("reader-studies/display-sets/", {"reader_study": "nodules"})
        upload = f"/api/v1/uploads/{make_upload(owner=user).pk}/"
        value = {"interface": medical_image_socket().slug, "user_uploads": [upload]}
        path = f"reader-studies/display-sets/{made['pk']}/"
        api.patch(path, {"values": [value]})
        run_import(Import.objects.get().pk)
        shown = api.get(path)["values"]
        assert api.get(shown[0]["image"])["shape"] == [4, 6, 5]
        found = api.get(f"cases/images/?reader_study={made['pk']}")
        assert found["count"] == 0
        study = api.get("reader-studies/")["results"][0]["pk"]
        assert api.get(f"cases/images/?reader_study={study}")["count"] == 1

    def test_what_was_answered_stays(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question, case = make_question(study), study.display_sets.get()
        body = {"question": str(question.pk), "display_set": str(case.pk), "answer": True}
        set_reference(
            editor=user, display_set=case, question=question, given=GivenAnswer(value=True)
        )
        assert api.get("reader-studies/display-sets/?unanswered_by_user=true")["count"] == 1
        api.post("reader-studies/answers/", body)
        assert api.get("reader-studies/display-sets/?unanswered_by_user=true")["count"] == 0
        path = f"reader-studies/display-sets/{case.pk}/"
        assert api.patch(path, {"values": [text("y")]}, status=409)["code"] == "conflict"
        api.patch(path, {"title": "Renamed"})

    def test_only_editors(self, api: Api, other: Api, stranger: User, user: User) -> None:
        study = make_study(editor=user, readers=[stranger], cases=1)
        path = f"reader-studies/display-sets/{study.display_sets.get().pk}/"
        other.get(path)
        other.patch(path, {"title": "x"}, status=404)
        body = {"reader_study": study.slug}
        other.post("reader-studies/display-sets/", body, status=404)
        api.post("reader-studies/display-sets/", {"reader_study": "nothing"}, status=404)


class TestAnswers:
    @pytest.mark.parametrize(
        ("kind", "answer", "stored"),
        [("BOOL", True, True), ("TEXT", " hi ", "hi"), ("NUMB", 2, 2.0)],
    )
    def test_given_repeated_changed(
        self, api: Api, user: User, kind: str, answer: Any, stored: Any
    ) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind=kind)
        body = {
            "question": f"http://testserver/api/v1/reader-studies/questions/{question.pk}/",
            "display_set": str(study.display_sets.get().pk),
            "answer": answer,
        }
        first = api.post("reader-studies/answers/", body)
        assert (first["answer"], first["creator"]) == (stored, user.username)
        assert api.post("reader-studies/answers/", body)["pk"] == first["pk"]
        other_answer = {"BOOL": False, "TEXT": "no", "NUMB": 3}[kind]
        api.post("reader-studies/answers/", {**body, "answer": other_answer}, status=400)
        changed = api.patch(first["api_url"], {"answer": other_answer})
        assert changed["answer"] == other_answer
        assert api.put(first["api_url"], {"answer": answer})["answer"] == stored
        assert api.get(f"reader-studies/answers/?creator={user.pk}")["count"] == 1
        assert api.get("reader-studies/answers/mine/")["count"] == 1
        assert api.get("reader-studies/answers/?is_ground_truth=true")["count"] == 0

    def test_a_choice_is_answered_by_its_option(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind="CHOI")
        body = {"question": str(question.pk), "display_set": str(study.display_sets.get().pk)}
        for wrong in (0, "A", None, "", [], {"a": 1}, 10**30):
            api.post("reader-studies/answers/", {**body, "answer": wrong}, status=400)
        right = question.options.all()[1].pk
        given = api.post("reader-studies/answers/", {**body, "answer": right})
        assert given["answer"] == right

    def test_several_options(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind="MCHO")
        one, two = (option.pk for option in question.options.all())
        body = {"question": str(question.pk), "display_set": str(study.display_sets.get().pk)}
        assert api.post("reader-studies/answers/", {**body, "answer": [two, one]})["answer"] == [
            one,
            two,
        ]
        for wrong in ([0], ["A"], [], [[one]], {"a": one}):
            api.post("reader-studies/answers/", {**body, "answer": wrong}, status=400)

    def test_drawings(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind="MDIS")
        body = {"question": str(question.pk), "display_set": str(study.display_sets.get().pk)}
        value = SOCKET_KINDS["MDIS"].example
        given = api.post("reader-studies/answers/", {**body, "answer": value})
        assert (given["answer"], given["version"]) == (value, 1)
        wrong = {**value, "lines": [{"start": [0, 0], "end": [1, 1, 1]}]}
        told = api.patch(given["api_url"], {"answer": wrong}, status=400)
        assert "lines[0].start" in told["fields"]["answer"][0]

    def test_a_mask_is_an_image_of_the_case(
        self, api: Api, other: Api, user: User, stranger: User
    ) -> None:
        study = make_study(editor=user, readers=[stranger], cases=1)
        case = study.display_sets.get()
        image = case.values.get().image
        question = make_question(study, kind="MASK")
        body = {"question": str(question.pk), "display_set": str(case.pk)}
        path = f"http://testserver/api/v1/cases/images/{image.pk}/"
        given = other.post("reader-studies/answers/", {**body, "answer_image": path})
        assert given["answer"] is None
        assert given["answer_image"] == path
        foreign = make_study(editor=user, cases=1).display_sets.get().values.get().image
        other.post("reader-studies/answers/", {**body, "answer_image": str(foreign.pk)}, status=400)
        other.post("reader-studies/answers/", {**body, "answer": "x"}, status=400)
        assert api.get(given["api_url"])["answer_image"] == path

    def test_nothing_to_answer(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        question = make_question(study, kind="MPOI", required=False)
        body = {"question": str(question.pk), "display_set": str(study.display_sets.get().pk)}
        given = api.post("reader-studies/answers/", {**body, "answer": None})
        assert (given["answer"], given["answer_image"]) == (None, None)

    def test_how_long_it_took(self, api: Api, user: User) -> None:
        study = make_study(editor=user, cases=1)
        body = {
            "question": str(make_question(study).pk),
            "display_set": str(study.display_sets.get().pk),
            "answer": True,
            "last_edit_duration": "00:00:04.5",
        }
        given = api.post("reader-studies/answers/", body)
        assert given["last_edit_duration"] == "00:00:04.500000"
        changed = api.patch(given["api_url"], {"answer": False, "last_edit_duration": 2})
        assert changed["total_edit_duration"] == "00:00:06.500000"
        api.patch(given["api_url"], {"answer": True, "last_edit_duration": "-1"}, status=400)

    def test_cases_in_the_caller_s_order(
        self, api: Api, other: Api, user: User, stranger: User
    ) -> None:
        study = make_study(editor=user, readers=[stranger], cases=6, shuffle=True)
        path = f"reader-studies/display-sets/?reader_study={study.pk}"
        orders = [
            [one["pk"] for one in sorted(who.get(path)["results"], key=lambda one: one["index"])]
            for who in (api, other)
        ]
        assert orders[1] == [str(pk) for pk in ordered_sets(study, reader=stranger)]
        assert sorted(orders[0]) == sorted(orders[1])

    def test_whose_answers_are_seen(self, api: Api, other: Api, user: User, stranger: User) -> None:
        study = make_study(editor=user, readers=[stranger], cases=1)
        question, case = make_question(study), study.display_sets.get()
        body = {"question": str(question.pk), "display_set": str(case.pk), "answer": True}
        mine = api.post("reader-studies/answers/", body)
        theirs = other.post("reader-studies/answers/", body)
        assert api.get("reader-studies/answers/")["count"] == 2
        assert [a["pk"] for a in other.get("reader-studies/answers/")["results"]] == [theirs["pk"]]
        other.get(mine["api_url"], status=404)
        api.get(theirs["api_url"])
        api.patch(theirs["api_url"], {"answer": False}, status=404)

    def test_question_and_case_belong_together(self, api: Api, user: User) -> None:
        one, two = make_study(editor=user, cases=1), make_study(editor=user, cases=1)
        body = {
            "question": str(make_question(one).pk),
            "display_set": str(two.display_sets.get().pk),
            "answer": True,
        }
        api.post("reader-studies/answers/", body, status=400)
