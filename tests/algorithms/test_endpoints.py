"""Keeping an algorithm warm: who may, what it costs, what its pages say, and news by WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from algorithms.models import AlgorithmEndpoint, AlgorithmRun, CreditCharge
from algorithms.routing import websocket_urlpatterns
from app.accounts.models import User
from app.accounts.services import issue_token
from app.accounts.telling import NOT_FOUND, NOT_SIGNED_IN, NewsConsumer
from app.core.states import transition
from app.execution.models import Endpoint, Job
from app.execution.services import cancel_job
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import (
    make_algorithm,
    make_call,
    make_endpoint,
    make_run,
    make_version,
)
from tests.factories.archives import make_archive, make_item

State = Endpoint.State
DEADLINE = 20.0


@pytest.fixture
def version(user: User) -> Any:
    algorithm = make_algorithm(editor=UserFactory(), public=True, versions=0)
    return make_version(algorithm, serves=True)


def start(client: Client, version: Any) -> Any:
    return client.post(f"/algorithms/{version.algorithm_id}/keep-warm/", follow=True)


@pytest.mark.django_db
class TestPages:
    def test_from_the_algorithms_page_to_its_end(
        self, signed_in: Client, user: User, version: Any
    ) -> None:
        page = signed_in.get(f"/algorithms/{version.algorithm_id}/").content.decode()
        assert "Keep it warm" in page
        page = start(signed_in, version).content.decode()
        assert "The container is being started" in page
        found = AlgorithmEndpoint.objects.get()
        assert found.endpoint.job.creator == user
        assert CreditCharge.objects.get(job=found.endpoint.job).credits > 0
        assert "kept warm" in signed_in.get("/algorithms/credits/").content.decode()
        listed = signed_in.get("/algorithms/endpoints/").content.decode()
        assert version.algorithm.title in listed
        signed_in.post(f"/algorithms/endpoints/{found.pk}/stop/")
        found.endpoint.refresh_from_db()
        assert found.endpoint.state == State.STOPPED

    def test_it_is_kept_for_longer(self, signed_in: Client, user: User, version: Any) -> None:
        soon = timezone.now() + timedelta(seconds=5)
        found = make_endpoint(version, creator=user, keep_alive_until=soon)
        signed_in.post(f"/algorithms/endpoints/{found.pk}/keep/")
        found.endpoint.refresh_from_db()
        assert found.endpoint.remaining > timedelta(minutes=9)

    def test_no_more_than_allowed(
        self, signed_in: Client, user: User, version: Any, settings: Settings
    ) -> None:
        settings.ENDPOINTS_PER_PERSON = 1
        make_endpoint(version, creator=user)
        page = start(signed_in, version).content.decode()
        assert "1 warm container is allowed at a time." in page
        assert AlgorithmEndpoint.objects.count() == 1

    def test_a_container_that_ends_is_not_offered(self, signed_in: Client) -> None:
        algorithm = make_algorithm(public=True)
        page = signed_in.get(f"/algorithms/{algorithm.pk}/").content.decode()
        assert "Keep it warm" not in page
        again = start(signed_in, algorithm.versions.get())
        assert "ends after each case" in again.content.decode()

    def test_a_run_goes_to_the_container_that_is_warm(
        self, signed_in: Client, user: User, version: Any
    ) -> None:
        found = make_endpoint(version, creator=user)
        item = make_item(make_archive(editor=user), title="Thorax 1")
        address = f"/algorithms/{version.algorithm_id}/run/?archive={item.archive_id}"
        assert "Your warm container takes it" in signed_in.get(address).content.decode()
        signed_in.post(address, {"items": [item.pk], "scope": "chosen"})
        run = AlgorithmRun.objects.get()
        assert run.job.endpoint == found.endpoint
        assert run.title == "Thorax 1"
        assert run.job.charge.credits > 0
        page = signed_in.get(f"/algorithms/endpoints/{found.pk}/").content.decode()
        assert "Thorax 1" in page

    def test_another_persons_container_takes_nothing_of_mine(
        self, signed_in: Client, user: User, version: Any
    ) -> None:
        make_endpoint(version, creator=UserFactory())
        item = make_item(make_archive(editor=user))
        address = f"/algorithms/{version.algorithm_id}/run/?archive={item.archive_id}"
        signed_in.post(address, {"items": [item.pk], "scope": "chosen"})
        job = AlgorithmRun.objects.get().job
        assert job.endpoint is None
        assert job.pool != ""

    def test_a_run_says_that_it_was_answered_by_a_warm_container(
        self, signed_in: Client, user: User, version: Any
    ) -> None:
        found = make_endpoint(version, creator=user)
        call = make_call(found, item=make_item(make_archive(editor=user)))
        Job.objects.filter(pk=call.job_id).update(
            record={"timings": {"executing": 0.12}}, started_at=timezone.now()
        )
        page = signed_in.get(f"/algorithms/runs/{call.pk}/").content.decode()
        assert "Warm container" in page
        assert "answered in 120 ms" in page
        assert "120 ms" in signed_in.get("/algorithms/runs/").content.decode()

    def test_a_version_can_be_called_otherwise_than_its_label_says(
        self, client: Client, version: Any
    ) -> None:
        editor = version.algorithm.memberships.get().user
        sign_in(client, editor)
        address = f"/algorithms/versions/{version.pk}/"
        assert "Its container stays up" in client.get(address).content.decode()
        client.post(f"{address}call/", {"how": "ends"})
        assert "ends after it" in client.get(address).content.decode()
        client.post(f"{address}call/", {"how": "label"})
        version.container_image.refresh_from_db()
        assert version.container_image.serves is None


class Socket(ApplicationCommunicator):
    """A WebSocket straight into the application."""

    def __init__(self, path: str, *, user: Any, headers: dict[str, str] | None = None) -> None:
        pairs = [(k.encode(), v.encode()) for k, v in (headers or {}).items()]
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": pairs}
        super().__init__(URLRouter(websocket_urlpatterns), {**scope, "user": user})

    async def open(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        event = await self.receive_output(DEADLINE)
        assert event["type"] == "websocket.accept", event

    async def said(self) -> dict[str, Any]:
        event = await self.receive_output(DEADLINE)
        assert event["type"] == "websocket.send", event
        found: dict[str, Any] = json.loads(event["text"])
        return found

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


@pytest.mark.django_db(transaction=True)
class TestNews:
    @pytest.fixture
    def waiting(self, user: User) -> AlgorithmRun:
        item = make_item(make_archive(editor=user))
        return make_run(make_algorithm(), creator=user, item=item, state=Job.State.QUEUED)

    def test_the_end_of_a_run_is_told(self, user: User, waiting: AlgorithmRun) -> None:
        async def scenario() -> None:
            socket = Socket(f"/ws/runs/{waiting.pk}/", user=user)
            await socket.open()
            assert (await socket.said())["state"] == "QUEUED"
            await database_sync_to_async(cancel_job)(actor=user, job=waiting.job)
            assert (await socket.said())["state"] == "CANCELLED"
            await socket.leave()

        run(scenario)

    def test_an_endpoint_tells_of_its_calls(self, user: User, version: Any) -> None:
        found = make_endpoint(version, creator=user)
        item = make_item(make_archive(editor=user))
        call = make_call(found, item=item, state=Job.State.PARSING)

        async def scenario() -> None:
            socket = Socket(f"/ws/endpoints/{found.pk}/", user=user)
            await socket.open()
            assert (await socket.said())["state"] == "RUNNING"
            await database_sync_to_async(transition)(call.job, Job.State.SUCCEEDED)
            said = await socket.said()
            assert (said["run"], said["state"]) == (str(call.job_id), "SUCCEEDED")
            await socket.leave()

        run(scenario)

    def test_strangers_hear_nothing(self, user: User, waiting: AlgorithmRun) -> None:
        stranger = UserFactory()

        async def scenario() -> None:
            for person, code in ((stranger, NOT_FOUND), (AnonymousUser(), NOT_SIGNED_IN)):
                socket = Socket(f"/ws/runs/{waiting.pk}/", user=person)
                await socket.open()
                assert await socket.closed() == code
            elsewhere = {"origin": "https://evil.example", "host": "portal.example"}
            socket = Socket(f"/ws/runs/{waiting.pk}/", user=user, headers=elsewhere)
            await socket.send_input({"type": "websocket.connect"})
            assert (await socket.receive_output(DEADLINE))["type"] == "websocket.close"

        run(scenario)

    def test_a_token_opens_it_as_far_as_it_reaches(self, user: User, waiting: AlgorithmRun) -> None:
        good = issue_token(user=user, name="a").plain
        narrow = issue_token(user=user, name="b", areas=["archives"]).plain

        async def scenario() -> None:
            for plain, opens in ((good, True), (narrow, False), ("0" * 40, False)):
                headers = {"authorization": f"Bearer {plain}"}
                path = f"/ws/runs/{waiting.pk}/"
                socket = Socket(path, user=AnonymousUser(), headers=headers)
                await socket.open()
                if opens:
                    assert (await socket.said())["state"] == "QUEUED"
                    await socket.leave()
                else:
                    assert await socket.closed() == NOT_SIGNED_IN

        run(scenario)

    def test_who_loses_access_is_told_nothing_more(
        self, user: User, waiting: AlgorithmRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(NewsConsumer, "check_seconds", 0.05)

        async def scenario() -> None:
            socket = Socket(f"/ws/runs/{waiting.pk}/", user=user)
            await socket.open()
            await socket.said()
            jobs = Job.objects.filter(pk=waiting.job_id)
            await database_sync_to_async(jobs.update)(creator=await _another())
            assert await socket.closed() == NOT_FOUND

        run(scenario)


async def _another() -> User:
    made: User = await database_sync_to_async(UserFactory)()
    return made
