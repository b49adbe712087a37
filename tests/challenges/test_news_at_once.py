"""The WebSocket of an evaluation tells of every move, and strangers nothing."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter

from app.accounts.models import User
from app.accounts.telling import NOT_FOUND
from app.challenges.models import Evaluation
from app.challenges.routing import websocket_urlpatterns
from app.challenges.services.evaluations import advance
from tests.factories.accounts import UserFactory
from tests.factories.challenges import make_challenge, make_phase, make_submission

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 60.0


@pytest.fixture
def evaluation(user: User) -> Evaluation:
    phase = make_phase(make_challenge(participants=(user,)))
    found: Evaluation = make_submission(phase, creator=user).evaluations.get()
    return found


def opened(evaluation: Evaluation, user: User) -> ApplicationCommunicator:
    scope = {
        "type": "websocket",
        "path": f"/ws/evaluations/{evaluation.pk}/",
        "query_string": b"",
        "headers": [],
        "user": user,
    }
    return ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)


async def first_words(socket: ApplicationCommunicator) -> dict[str, Any]:
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(DEADLINE))["type"] == "websocket.accept"
    event: dict[str, Any] = await socket.receive_output(DEADLINE)
    return event


def test_moves_are_told(evaluation: Evaluation, user: User) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(2 * DEADLINE):
            socket = opened(evaluation, user)
            said = await first_words(socket)
            assert json.loads(said["text"])["state"] == "QUEUED"
            await database_sync_to_async(advance)(evaluation.pk)
            told = json.loads((await socket.receive_output(DEADLINE))["text"])
            assert told["state"] == "RUNNING_CASES"
            await socket.send_input({"type": "websocket.disconnect", "code": 1000})
            await socket.wait(DEADLINE)

    async_to_sync(scenario)()


def test_strangers_hear_nothing(evaluation: Evaluation) -> None:
    stranger = UserFactory()

    async def scenario() -> None:
        said = await first_words(opened(evaluation, stranger))
        assert (said["type"], said["code"]) == ("websocket.close", NOT_FOUND)

    async_to_sync(scenario)()
