"""Several people and windows at once, on real connections: nothing is lost, nothing overwritten."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from app.accounts.telling import NOT_FOUND, NOT_SIGNED_IN, NewsConsumer
from app.sockets.schemas import KINDS
from tests.viewer.annotations.conftest import Hand, Table
from viewer.models import Annotation, AnnotationVersion
from viewer.routing import websocket_urlpatterns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
SitDown = Callable[..., Hand]
DEADLINE = 20.0


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Do several things in threads of their own; return what each gave."""

    def closed(one: Callable[[], Any]) -> Any:
        try:
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [one.result() for one in [pool.submit(closed, one) for one in work]]


class TestAtOnce:
    def test_one_of_many_changes_wins_and_the_others_hear_of_it(self, sit_down: SitDown) -> None:
        hands = [sit_down(others="edit") for _ in range(4)]
        drawn = hands[0].draw()
        changes = [
            one.change(drawn["annotation"], drawn["id"], label=f"{n}")
            for n, one in enumerate(hands)
        ]
        pairs = zip(hands, changes, strict=True)
        found = at_once(*(lambda one=one, said=said: one.send(said) for one, said in pairs))
        statuses = sorted(result["status"] for (result,) in found)
        assert statuses == ["conflict", "conflict", "conflict", "saved"]
        stands = Annotation.objects.get()
        assert all(one["current"]["label"] == stands.label for (one,) in found if one["current"])

    def test_a_change_sent_twice_at_once_is_one(self, hand: Hand) -> None:
        change = hand.change()
        found = at_once(*(lambda: hand.send(change) for _ in range(4)))
        assert sorted(one["status"] for (one,) in found) == ["repeated"] * 3 + ["saved"]
        assert AnnotationVersion.objects.count() == 1

    def test_whatever_was_acknowledged_is_there(self, sit_down: SitDown) -> None:
        hands = [sit_down(others="edit") for _ in range(2)]
        marks = [hands[0].draw() for _ in range(3)]
        found = at_once(
            *(
                lambda one=one, seed=seed: _work(one, marks, Random(seed))
                for seed, one in enumerate(hands)
            )
        )
        assert sum(conflicts for _, conflicts in found) > 0, (
            "each begins with what the other changed"
        )
        acknowledged = [key for keys, _ in found for key in keys]
        stored = set(AnnotationVersion.objects.values_list("pk", flat=True))
        assert {str(key) for key in stored} == {*acknowledged, *(mark["id"] for mark in marks)}
        for mark in Annotation.objects.all():
            numbers = mark.versions.order_by("number").values_list("number", flat=True)
            assert [*numbers] == [*range(1, mark.version + 1)]


def _work(hand: Hand, marks: list[Any], random: Random) -> tuple[list[str], int]:
    """Edit 25 times as a browser does: on what one knew last, sometimes sent twice."""
    known = {mark["annotation"]: mark["id"] for mark in marks}
    acknowledged, conflicts = [], 0
    for step in range(25):
        key = random.choice([*known])
        change = hand.change(key, known[key], label=f"{hand.user.pk}-{step}")
        for _ in range(random.choice([1, 1, 2])):  # an acknowledgement may be lost
            (result,) = hand.send(change)
        if result["status"] == "conflict":
            conflicts += 1
            known[key] = result["current"]["revision"]
        else:
            acknowledged.append(change["id"])
            current = result["current"]
            known[key] = current["revision"] if current else change["id"]
    return acknowledged, conflicts


class Socket(ApplicationCommunicator):
    """A WebSocket straight into the application."""

    def __init__(self, hand: Hand, *, user: Any = None) -> None:
        path = f"/ws/annotations/{Table.key}/{hand.table}/"
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": []}
        super().__init__(URLRouter(websocket_urlpatterns), {**scope, "user": user or hand.user})

    async def open(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(DEADLINE))["type"] == "websocket.accept"

    async def said(self) -> Any:
        return json.loads((await self.receive_output(DEADLINE))["text"])

    async def closed(self) -> int:
        event = await self.receive_output(DEADLINE)
        assert event["type"] == "websocket.close", event
        return int(event["code"])

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(DEADLINE)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * DEADLINE):
            await scenario()

    async_to_sync(limited)()


class TestNews:
    def test_reach_whoever_may_see_the_annotation(self, sit_down: SitDown) -> None:
        author, editor, fellow = sit_down(), sit_down(others="see"), sit_down()

        async def scenario() -> None:
            sockets = [Socket(one) for one in (author, editor, fellow)]
            for socket in sockets:
                await socket.open()
                assert await socket.said() == {"annotations": [], "by": ""}
            drawn = await database_sync_to_async(author.draw)()
            for socket in sockets[:2]:
                said = await socket.said()
                assert said["annotations"] == [drawn["annotation"]]
                assert said["by"] == author.user.username
            own = await database_sync_to_async(fellow.draw)()
            assert (await sockets[2].said())["annotations"] == [own["annotation"]]
            assert (await sockets[1].said())["annotations"] == [own["annotation"]]
            for socket in sockets:
                await socket.leave()

        run(scenario)

    def test_are_for_people_who_may_look(self, hand: Hand, table: Table) -> None:
        async def scenario() -> None:
            visitor = Socket(hand, user=AnonymousUser())
            await visitor.open()
            assert await visitor.closed() == NOT_SIGNED_IN
            table.readers.clear()
            stranger = Socket(hand)
            await stranger.open()
            assert await stranger.closed() == NOT_FOUND

        run(scenario)

    @pytest.mark.parametrize("loses", ["everything", "sight of the others"])
    def test_end_with_the_right_to_hear_them(
        self, sit_down: SitDown, table: Table, monkeypatch: pytest.MonkeyPatch, loses: str
    ) -> None:
        monkeypatch.setattr(NewsConsumer, "check_seconds", 0.05)
        editor = sit_down(others="see")

        async def scenario() -> None:
            socket = Socket(editor)
            await socket.open()
            await socket.said()
            if loses == "everything":
                table.readers.clear()
            else:
                table.others[editor.user.pk] = "none"
            assert await socket.closed() == NOT_FOUND

        run(scenario)


def test_ids_are_made_by_clients_of_any_kind(hand: Hand) -> None:
    change = {**hand.change(), "id": str(uuid4()).upper(), "annotation": str(uuid4()).upper()}
    assert KINDS["DIST"].example == change["value"]
    (result,) = hand.send(change)
    assert result["status"] == "saved"
    (again,) = hand.send({**change, "id": change["id"].lower()})
    assert again["status"] == "repeated"
