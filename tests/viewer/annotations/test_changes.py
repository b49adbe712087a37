"""Changes of annotations: in order, each once, never over somebody else's."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from app.audit.models import Event
from app.core.ids import new_id
from app.sockets.schemas import KINDS
from tests.viewer.annotations.conftest import Hand, Table
from viewer.models import Annotation, AnnotationVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
SitDown = Callable[..., Hand]
VALUE = KINDS["DIST"].example


def moved(by: float) -> Any:
    """The example of a distance, with its end moved."""
    x, y, z = VALUE["end"]
    return {**VALUE, "end": [x + by, y, z]}


def statuses(results: list[Any]) -> list[str]:
    return [result["status"] for result in results]


class TestDrawing:
    def test_what_is_drawn_is_stored_as_it_was_sent(self, hand: Hand) -> None:
        frame = {"timepoint": 0, "normal": [0.0, 0.6, 0.8], "up": [1.0, 0.0, 0.0]}
        question = str(uuid4())
        change = hand.draw(label="Nodule", color="#FF9F1C", frame=frame, question=question)
        (found,) = hand.list()
        assert found["pk"] == change["annotation"]
        assert found["revision"] == change["id"]
        assert (found["version"], found["deleted"], found["may_change"]) == (1, False, True)
        assert found["value"] == change["value"]
        assert (found["label"], found["color"]) == ("Nodule", "#ff9f1c")
        assert (found["frame"], found["question"]) == (frame, question)
        assert found["author"] == found["changed_by"] == hand.user.username
        assert found["image"].endswith(f"/cases/images/{hand.image.pk}/")
        assert hand.get(f"{found['pk']}/").json() == found

    @pytest.mark.parametrize("kind", [key for key in KINDS if KINDS[key].measure])
    def test_every_kind_of_geometry(self, hand: Hand, kind: str) -> None:
        hand.draw(kind=kind, value=KINDS[kind].example)
        assert hand.list(kind=kind)[0]["value"] == KINDS[kind].example

    def test_every_step_is_a_version_and_none_is_lost(self, hand: Hand) -> None:
        drawn = hand.draw()
        key = drawn["annotation"]
        drag = hand.change(key, drawn["id"], value=moved(3))
        name = hand.change(key, drag["id"], label="Nodule")
        gone = hand.change(key, name["id"], deleted=True)
        undone = hand.change(key, gone["id"], deleted=False)
        results = hand.send(drag, name, gone, undone)
        assert [(one["status"], one["version"]) for one in results] == [
            ("saved", number) for number in (2, 3, 4, 5)
        ]
        (found,) = hand.list()
        assert (found["value"], found["label"], found["version"]) == (moved(3), "Nodule", 5)
        versions = hand.get(f"{key}/versions/").json()["results"]
        assert [one["version"] for one in versions] == [5, 4, 3, 2, 1]
        assert [one["deleted"] for one in versions] == [False, True, False, False, False]
        assert [one["value"] for one in versions][-2:] == [moved(3), VALUE]
        names = Event.objects.filter(object_id=key).order_by("pk").values_list("name", flat=True)
        assert [name.rsplit(".", 1)[1] for name in names] == [
            "created",
            "changed",
            "changed",
            "deleted",
            "restored",
        ]

    def test_deleted_ones_are_listed_apart(self, hand: Hand) -> None:
        drawn, kept = hand.draw(), hand.draw()
        hand.send(hand.change(drawn["annotation"], drawn["id"], deleted=True))
        assert [one["pk"] for one in hand.list()] == [kept["annotation"]]
        assert [one["pk"] for one in hand.list(deleted="true")] == [drawn["annotation"]]

    def test_when_it_was_done_is_kept_if_that_was_earlier(self, hand: Hand) -> None:
        then = timezone.now() - timedelta(hours=3)
        early = hand.draw(made_at=then.isoformat())
        late = hand.draw(made_at=(timezone.now() + timedelta(days=9)).isoformat())
        assert AnnotationVersion.objects.get(pk=early["id"]).made_at == then
        assert AnnotationVersion.objects.get(pk=late["id"]).made_at <= timezone.now()


class TestTheBufferOfALostConnection:
    def test_sending_it_again_changes_nothing(self, hand: Hand) -> None:
        first = hand.change()
        second = hand.change(first["annotation"], first["id"], value=moved(1))
        assert statuses(hand.send(first)) == ["saved"]
        again = hand.send(first, second)
        assert statuses(again) == ["repeated", "saved"]
        again = hand.send(first, second)
        assert statuses(again) == ["repeated", "repeated"]
        assert [one["version"] for one in again] == [1, 2]
        assert [one["current"] and one["current"]["version"] for one in again] == [2, None]
        assert AnnotationVersion.objects.count() == 2

    def test_what_builds_on_a_conflict_never_lands_on_a_strangers_version(
        self, sit_down: SitDown
    ) -> None:
        mine, theirs = sit_down(others="edit"), sit_down(others="edit")
        drawn = mine.draw()
        key = drawn["annotation"]
        other = theirs.change(key, drawn["id"], value=moved(50))
        assert statuses(theirs.send(other)) == ["saved"]
        # the version numbers of this buffer would fit: 2 builds on 1, 3 on 2
        late = mine.change(key, drawn["id"], value=moved(1))
        later = mine.change(key, late["id"], value=moved(2))
        results = mine.send(late, later)
        assert statuses(results) == ["conflict", "conflict"]
        for result, sent in zip(results, (late, later), strict=True):
            assert result["current"]["value"] == moved(50)
            assert result["current"]["changed_by"] == theirs.user.username
            assert result["yours"] == sent
        assert Annotation.objects.get(pk=key).value == moved(50)

    def test_keeping_mine_is_a_change_that_knows_theirs(self, sit_down: SitDown) -> None:
        mine, theirs = sit_down(others="edit"), sit_down(others="edit")
        drawn = mine.draw()
        key = drawn["annotation"]
        theirs.send(theirs.change(key, drawn["id"], value=moved(50)))
        late = mine.change(key, drawn["id"], value=moved(1))
        (result,) = mine.send(late)
        kept = mine.change(key, result["current"]["revision"], value=late["value"])
        assert statuses(mine.send(kept)) == ["saved"]
        versions = mine.get(f"{key}/versions/").json()["results"]
        assert [one["value"] for one in versions] == [moved(1), moved(50), VALUE]

    def test_one_bad_change_leaves_the_others_alone(self, hand: Hand) -> None:
        good, bad, more = hand.change(), hand.change(value={"type": "nonsense"}), hand.change()
        on_bad = hand.change(bad["annotation"], bad["id"], label="x")
        results = hand.send(good, bad, on_bad, more)
        assert statuses(results) == ["saved", "refused", "refused", "saved"]
        assert results[1]["problem"]["status"] == 400
        assert results[1]["problem"]["fields"]
        assert len(hand.list()) == 2

    def test_an_id_is_made_once(self, sit_down: SitDown) -> None:
        mine, theirs = sit_down(), sit_down()
        drawn = mine.draw()
        taken = [
            theirs.change(drawn["annotation"]),
            {**theirs.change(), "id": drawn["id"]},
            {**theirs.change(drawn["annotation"]), "id": drawn["id"]},
            theirs.change(drawn["annotation"], drawn["id"], label="x"),
        ]
        assert statuses(theirs.send(*taken)) == ["refused"] * 4
        assert Annotation.objects.get(pk=drawn["annotation"]).version == 1

    def test_making_one_that_is_there_is_a_conflict(self, hand: Hand) -> None:
        drawn = hand.draw()
        (result,) = hand.send(hand.change(drawn["annotation"], value=moved(4)))
        assert (result["status"], result["current"]["value"]) == ("conflict", VALUE)


class TestWhatCannotBeTaken:
    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"kind": "STR", "value": "text"}, "kind"),
            ({"kind": "POIN"}, "type"),
            ({"tool": "../length"}, "tool"),
            ({"image": str(new_id())}, "image"),
            ({"image": "https://example.org/"}, "image"),
            ({"value": None}, "value"),
            ({"color": "red"}, "color"),
            ({"label": "x" * 201}, "label"),
            ({"label": "a\x00b"}, "label"),
            ({"frame": {"normal": [0, 0, 7]}}, "frame.normal"),
            ({"question": "first"}, "question"),
            ({"deleted": "perhaps"}, "deleted"),
            ({"made_at": "yesterday"}, "made_at"),
            ({"base": "1"}, "base"),
            ({"slices": []}, "slices"),
        ],
    )
    def test_is_refused_with_the_field(self, hand: Hand, said: Any, field: str) -> None:
        (result,) = hand.send({**hand.change(), **said})
        assert result["status"] == "refused"
        assert field in result["problem"]["fields"]
        assert not Annotation.objects.exists()

    def test_what_never_changes(self, hand: Hand) -> None:
        drawn = hand.draw()
        for said in ({"kind": "POIN"}, {"tool": "arrow"}, {"image": str(new_id())}):
            (result,) = hand.send(hand.change(drawn["annotation"], drawn["id"], **said))
            assert (result["status"], [*result["problem"]["fields"]]) == ("refused", [*said])

    @pytest.mark.parametrize(
        "body",
        [
            {"changes": []},
            {"changes": 7},
            {"changes": [7]},
            {"changes": [{"id": "x", "annotation": "y"}]},
            {"changes": [{}] * 201},
            {"source": "x" * 41},
            {"object": "7"},
        ],
    )
    def test_a_request_that_cannot_be_answered(self, hand: Hand, body: Any) -> None:
        sent = {**hand.place, "changes": [hand.change()], **body}
        assert hand.post("changes/", sent).status_code == 400

    def test_json_that_is_none(self, hand: Hand) -> None:
        for body in ("[" * 100_000, '{"changes": [NaN]}', "nothing", json.dumps([1])):
            assert hand.post("changes/", body).status_code == 400

    def test_no_more_than_one_may_have(self, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("viewer.annotations.services.changes.MOST_ANNOTATIONS", 1)
        first, second = hand.draw(), hand.change()
        (result,) = hand.send(second)
        assert (result["status"], result["problem"]["code"]) == ("refused", "limit-reached")
        hand.send(hand.change(first["annotation"], first["id"], deleted=True))
        assert statuses(hand.send(second)) == ["saved"]

    def test_what_is_restored_takes_room_of_its_author(
        self, sit_down: SitDown, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hand, other = sit_down(others="edit"), sit_down(others="edit")
        monkeypatch.setattr("viewer.annotations.services.changes.MOST_ANNOTATIONS", 1)
        gone = hand.draw()
        deletion = hand.change(gone["annotation"], gone["id"], deleted=True)
        hand.send(deletion)
        stays = hand.draw()
        restored = other.change(gone["annotation"], deletion["id"], deleted=False)
        (result,) = other.send(restored)
        assert (result["status"], result["problem"]["code"]) == ("refused", "limit-reached")
        hand.send(hand.change(stays["annotation"], stays["id"], deleted=True))
        other.draw()
        assert statuses(other.send(restored)) == ["saved"]


class TestRights:
    def test_a_stranger_finds_nothing(self, hand: Hand, sit_down: SitDown, table: Table) -> None:
        drawn = hand.draw()
        stranger = sit_down()
        table.readers.discard(stranger.user.pk)
        assert stranger.get(**stranger.place).status_code == 404
        assert stranger.get(f"{drawn['annotation']}/").status_code == 404
        assert stranger.get(f"{drawn['annotation']}/versions/").status_code == 404
        stranger.send(stranger.change(), status=404)

    def test_who_may_not_look_any_more_does_not_see_their_own(
        self, hand: Hand, table: Table
    ) -> None:
        drawn = hand.draw()
        table.readers.discard(hand.user.pk)
        assert hand.get(f"{drawn['annotation']}/").status_code == 404
        hand.send(hand.change(drawn["annotation"], drawn["id"], label="x"), status=404)

    def test_fellow_readers_do_not_see_each_other(self, hand: Hand, sit_down: SitDown) -> None:
        drawn, fellow = hand.draw(), sit_down()
        assert fellow.list() == []
        assert fellow.get(f"{drawn['annotation']}/").status_code == 404
        (result,) = fellow.send(fellow.change(drawn["annotation"], drawn["id"], label="x"))
        assert (result["status"], result["current"]) == ("refused", None)

    def test_who_sees_all_may_not_change_them(self, hand: Hand, sit_down: SitDown) -> None:
        drawn, editor = hand.draw(), sit_down(others="see")
        assert [(one["author"], one["may_change"]) for one in editor.list()] == [
            (hand.user.username, False)
        ]
        (result,) = editor.send(editor.change(drawn["annotation"], drawn["id"], label="x"))
        assert result["status"] == "refused"
        assert editor.list(author=hand.user.username)
        assert editor.list(author=editor.user.username) == []

    def test_who_edits_all_signs_their_changes(self, hand: Hand, sit_down: SitDown) -> None:
        drawn, editor = hand.draw(), sit_down(others="edit")
        (result,) = editor.send(editor.change(drawn["annotation"], drawn["id"], label="x"))
        assert result["status"] == "saved"
        (found,) = hand.list()
        assert (found["author"], found["changed_by"]) == (hand.user.username, editor.user.username)

    def test_nothing_without_a_display_set(self, hand: Hand) -> None:
        hand.draw()
        assert hand.get().json()["results"] == []
        assert hand.get(source="test-table").json()["results"] == []
        assert hand.get(source="test-table", object="7").json()["results"] == []
        assert hand.get(source="nothing", object=str(hand.table)).status_code == 404
