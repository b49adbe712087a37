"""Reader studies, display sets, questions and answers over the API."""

from typing import Any

import pytest

from app.accounts.models import User
from app.images.models import Import
from app.images.services import run_import
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket
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
