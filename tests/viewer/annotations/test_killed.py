"""Two people edit the same marks while web process and network are taken away at random."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest

from app.accounts.models import Token, User
from app.accounts.services import grant_role, issue_token
from app.sockets.schemas import KINDS
from archives.policies import ARCHIVES
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.sampling import CI
from tests.viewer.annotations.conftest import SEGMENTS, packed
from tests.viewer.processes import free_ports, running, site_environment
from viewer.models import Annotation, AnnotationVersion

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EDITS = 25 if CI else 100
"""By each of the two people."""
EVERY = 20
"""The server is killed once in this many requests."""
LIMIT = 120.0
"""Seconds until the site is there again."""
VALUE = KINDS["DIST"].example


class Site:
    """The site's web process, which somebody kills now and then; it comes back."""

    def __init__(self, folder: Path, random: Random) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder, self.random = folder, random
        self.edits, self.kills = 0, 0
        self.lock, self.due, self.over = Lock(), Event(), Event()
        self.up = Event()

    def edited(self) -> None:
        """Somebody is about to send an edit."""
        with self.lock:
            self.edits += 1
            if self.edits % EVERY == 0:
                self.due.set()

    def live(self) -> None:
        """Run the process until all is over; a kill comes in the middle of what it does."""
        environment = site_environment(
            port=self.port, storage=f"file://{self.folder}/store", servers="[]"
        )
        while not self.over.is_set():
            log = self.folder / f"site-{self.kills}.log"
            with running(
                "config.asgi:application",
                port=self.port,
                environment=environment,
                log=log,
                health="/healthz",
            ) as program:
                self.up.set()
                self.due.wait()
                if self.over.is_set():
                    return
                self.up.clear()
                self.over.wait(self.random.uniform(0, 0.04))
                program.kill()
                self.due.clear()
                self.kills += 1


@dataclass
class Person:
    """Edits as the viewer does: a buffer that is sent until it is answered."""

    site: Site
    token: str
    place: dict[str, str]
    known: dict[str, str]
    random: Random
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    conflicts: int = 0
    repeated: int = 0
    lost: int = 0

    def work(self, kinds: dict[str, str]) -> None:
        for step in range(EDITS):
            key = self.random.choice([*self.known])
            self.edit(self._change(key, kinds[key], step))

    def _change(self, key: str, kind: str, step: int) -> dict[str, Any]:
        change: dict[str, Any] = {"id": str(uuid4()), "annotation": key, "base": self.known[key]}
        if kind == "DIST":
            x, y, z = VALUE["end"]
            return {**change, "value": {**VALUE, "end": [x + step, y + self.random.random(), z]}}
        voxels = np.zeros((8, 8), "u1")
        voxels[step % 8, : self.random.randrange(1, 9)] = 1
        return {**change, "slices": [packed(voxels, index=0)]}

    def edit(self, change: dict[str, Any]) -> None:
        """Send until it is stored; a conflict is decided for one's own, knowing the other's."""
        while True:
            result = self.send(change)
            assert result["status"] != "refused", result
            if result["status"] != "conflict":
                break
            self.conflicts += 1
            base = result["current"]["revision"]
            change = {**change, "id": str(uuid4()), "base": base}
        self.repeated += result["status"] == "repeated"
        self.acknowledged[change["id"]] = change["base"]
        current = result["current"]
        self.known[change["annotation"]] = current["revision"] if current else change["id"]

    def send(self, change: dict[str, Any]) -> Any:
        body = {**self.place, "changes": [change]}
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            assert self.site.up.wait(LIMIT), "The site did not come back."
            self.site.edited()
            patience = 0.02 if self.random.random() < 0.1 else 30.0  # a network that goes away
            with suppress(httpx.TransportError):
                answer = httpx.post(
                    f"{self.site.url}/api/v1/annotations/changes/",
                    json=body,
                    headers=headers,
                    timeout=patience,
                )
                assert answer.status_code == 200, answer.text
                return answer.json()["results"][0]
            self.lost += 1


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, Random(8))
    thread = Thread(target=site.live)
    thread.start()
    yield site
    site.over.set()
    site.due.set()
    thread.join(timeout=60)


def _person(site: Site, user: User, place: dict[str, str], seed: int) -> Person:
    token = issue_token(user=user, name="editor", access=Token.Access.WRITE).plain
    return Person(site, token, place, {}, Random(seed))


def test_every_acknowledged_edit_is_there_and_none_overwrites_another(site: Site) -> None:
    rosa, karim = UserFactory(), UserFactory()
    archive = make_archive(editor=rosa, cases=1)
    grant_role(ARCHIVES, actor=rosa, obj=archive, user=karim, role="EDITOR")
    item = archive.items.get()
    image = item.images[0]
    image.size = [8, 8, 2]
    image.save()
    place = {"source": "archive-item", "object": str(item.pk)}
    people = [_person(site, user, place, seed) for seed, user in enumerate((rosa, karim))]

    kinds = {str(uuid4()): kind for kind in ("DIST", "DIST", "SEG")}
    for key, kind in kinds.items():
        value = VALUE if kind == "DIST" else {"segments": SEGMENTS, "bits": 8}
        made = {"image": str(image.pk), "kind": kind, "tool": "any", "value": value}
        people[0].edit({"id": str(uuid4()), "annotation": key, "base": None, **made})
    people[1].known = dict(people[0].known)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(person.work, kinds) for person in people]:
            done.result()

    stored = {
        str(version.pk): version for version in AnnotationVersion.objects.select_related(None)
    }
    acknowledged = {key: base for person in people for key, base in person.acknowledged.items()}
    assert set(acknowledged) == set(stored), "nothing lost, and nothing stored unanswered for good"
    for mark in Annotation.objects.all():
        versions = [*mark.versions.order_by("number")]
        assert [version.number for version in versions] == [*range(1, mark.version + 1)]
        for before, after in itertools.pairwise(versions):
            assert acknowledged[str(after.pk)] == str(before.pk), "each knew what it replaced"
    conflicts = sum(person.conflicts for person in people)
    print(
        f"{len(stored)} versions, {conflicts} conflicts shown, {site.kills} kills,"
        f" {sum(person.lost for person in people)} requests lost,"
        f" {sum(person.repeated for person in people)} sent again after they were stored"
    )
    assert conflicts > 0
    assert site.kills >= 2
