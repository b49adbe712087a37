"""A sample of what hostile clients do, against the real server; `make accept` plays thousands."""

import asyncio
import json
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from app.accounts.models import User
from app.images.models import Image
from tests.factories.accounts import UserFactory
from tests.viewer import hostile
from tests.viewer.conftest import MakeImage
from tests.viewer.live import web_server
from viewer import protocol as p
from viewer.models import ViewSession
from viewer.services import open_session
from viewer.services.packs import make_pack

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sent"),
    pytest.mark.timeout(3600),
]
TRIAL = {"cases": 60, "seed": 20261127, "at_once": 6, "report": ""}
ATTACKERS, SLICES = 6, 40
MOST_GROWTH = 80e6
"""Bytes that the server may grow while it is attacked: caches and pools fill, nothing piles up."""


@pytest.fixture
def trial() -> dict[str, Any]:
    return TRIAL | json.loads(os.environ.get("HOUNSFIELD_VIEWER_TRIAL", "{}"))


@pytest.fixture
def image(make_image: MakeImage) -> Image:
    noise = np.random.default_rng(8).integers(-2000, 2000, (SLICES, 128, 128)).astype(np.int16)
    image = make_image(noise)
    make_pack(image.pk)
    return image


def cookie_of(user: User) -> str:
    browser = Browser()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


@pytest.fixture
def target(
    media: Path, tmp_path: Path, reader: User, image: Image, make_image: MakeImage
) -> Iterator[hostile.Target]:
    """A server, attackers who may look at the image, and an honest reader (the last one)."""
    people = [UserFactory(is_superuser=True) for _ in range(ATTACKERS)] + [reader]
    sessions = [open_session(user=one, source="image", pk=image.pk)[0] for one in people]
    second = make_image(np.zeros((2, 8, 8), np.int16))
    ended, _ = open_session(user=people[0], source="image", pk=second.pk)
    ViewSession.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(1))
    with web_server(media, log=tmp_path / "uvicorn.log") as url:
        yield hostile.Target(
            url=url.replace("http", "ws"),
            cookies=tuple(cookie_of(one) for one in people),
            sessions=tuple(one.pk for one in sessions),
            strangers=sessions[-1].pk,
            ended=ended.pk,
            slices=SLICES,
            levels=6,
        )


class Honest:
    """A reader who looks at one slice after the other, and knows what they hold."""

    def __init__(self, target: hostile.Target) -> None:
        self._target = target
        self.waits: list[float] = []

    async def read(self, until: asyncio.Event) -> None:
        """Read until told to stop; every slice has to come whole and soon."""
        loop, gen = asyncio.get_running_loop(), 0
        async with self._target.connect(
            self._target.sessions[-1], self._target.cookies[-1]
        ) as channel:
            reader = hostile.Attacker(channel, self._target, random.Random(1))
            await reader.open()
            while not until.is_set():
                gen += 1
                started, size = loop.time(), 0
                item = p.WantItem(0, 0, gen % SLICES, p.NO_LEVEL, 5, 0)
                await channel.send(p.encode(p.Want(gen, (item,))))
                async with asyncio.timeout(hostile.PATIENCE):
                    while (message := await self._taken(reader)) != p.Done(gen):
                        assert isinstance(message, p.Frag)
                        size += len(message.payload)
                assert reader.meta is not None
                assert size == int(reader.meta.cuts[0][gen % SLICES][5])
                self.waits.append(loop.time() - started)
                await asyncio.sleep(0.02)

    async def _taken(self, reader: hostile.Attacker) -> p.ServerMessage:
        message = reader._note(await reader.channel.recv(decode=False))
        await reader.channel.send(p.encode(p.Ack(reader.received)))
        return message


async def attacked(target: hostile.Target, trial: dict[str, Any], tally: hostile.Tally) -> Honest:
    """Play all cases, some at a time, while an honest reader goes on reading."""
    honest, done = Honest(target), asyncio.Event()
    reading = asyncio.create_task(honest.read(done))
    attackers = hostile.Target(**{**vars(target), "cookies": target.cookies[:-1]})
    numbers = iter(range(trial["cases"]))

    async def attack() -> None:
        for number in numbers:
            await hostile.play(attackers, number, seed=trial["seed"], tally=tally)

    try:
        await asyncio.gather(*(attack() for _ in range(trial["at_once"])))
    finally:
        done.set()
    await reading
    return honest


def server_of(target: hostile.Target) -> psutil.Process:
    port = target.url.rsplit(":", 1)[-1]
    for process in psutil.Process().children(recursive=True):
        if f"--port {port}" in " ".join(process.cmdline()):
            return process
    raise AssertionError("no server")


def test_hostile_clients_are_refused_and_others_served(
    target: hostile.Target, trial: dict[str, Any]
) -> None:
    server = server_of(target)
    warm = trial | {"cases": min(20, trial["cases"]), "seed": trial["seed"] + 1}
    asyncio.run(attacked(target, warm, hostile.Tally()))
    before, tally = server.memory_info().rss, hostile.Tally()
    honest = asyncio.run(attacked(target, trial, tally))
    grown = server.memory_info().rss - before
    waits = np.array(honest.waits) * 1000
    report = {
        **{key: trial[key] for key in ("cases", "seed", "at_once")},
        "played": dict(tally.cases.most_common()),
        "closed with": dict(tally.closes.most_common()),
        "failed": tally.failures[:20],
        "honest reader": {
            "slices": len(waits),
            "p50 ms": round(float(np.percentile(waits, 50)), 1),
            "p99 ms": round(float(np.percentile(waits, 99)), 1),
            "longest ms": round(float(waits.max()), 1),
        },
        "server": {
            "RSS before, MB": round(before / 1e6, 1),
            "RSS grown, MB": round(grown / 1e6, 1),
        },
    }
    if trial["report"]:
        Path(trial["report"]).write_text(json.dumps(report))
    assert tally.failures == []
    assert grown < MOST_GROWTH
    assert len(waits) > trial["cases"] / 10
