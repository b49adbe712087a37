"""Two readers edit the same marks in real browsers, while web process, network and browser die.

Web process and browsers are killed with SIGKILL, the line of a reader is cut; all come back.
Everything that goes over the lines is written down: what the site acknowledged is held against what
it keeps, and every conflict that it told of against what its reader was shown.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
from django.conf import settings
from playwright.sync_api import BrowserContext, Error, Playwright

from tests.chromium import CHROMIUM_ARGUMENTS, PROGRAM
from tests.viewer.browser.cutting import CuttableLine, cuttable_line
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.marks import Marks
from tests.viewer.browser.reading import Reading
from tests.viewer.live import free_port, start_web, wait_until_up

PLACE = "marks"
PAGE = {"width": 620, "height": 520}
LIMIT = 120.0  # seconds that anything may take to come back
CONFLICT = ".hv-conflict[open]"
#: Reads a conflict and decides it at one moment: the next may take the dialog's place at any time.
CHOOSE = """(dialog, chance) => {
  const read = [dialog.innerText, dialog.dataset.annotation];
  const buttons = [...dialog.querySelectorAll("button")];
  buttons[Math.floor(chance * buttons.length)].click();
  return read;
}"""


class Site:
    """A web process of its own on the desk's database, which can be killed and comes back."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.port, self.kills = free_port(), 0
        self.process = self._start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.kills += 1

    def come_back(self) -> None:
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        log = self.folder / f"site-{self.kills}.log"
        store, database = Path(self.desk.store), self.desk.database
        process = start_web(store, port=self.port, log=log, database=database)
        wait_until_up(process, f"http://127.0.0.1:{self.port}", log=log)
        return process


@dataclass
class Person:
    """A reader with a browser of their own, whose profile outlives the browser."""

    playwright: Playwright
    desk: Desk
    line: CuttableLine
    cookie: str
    profile: Path
    random: Random
    kills: int = 0
    shown: set[str] = field(default_factory=set)
    """Annotations of which a conflict was put before this reader."""
    context: BrowserContext | None = None
    reading: Reading = field(init=False)

    def open(self) -> None:
        """Start the browser and open the case, as often as it takes."""
        self.context = self.playwright.chromium.launch_persistent_context(
            self.profile,
            executable_path=PROGRAM,
            args=CHROMIUM_ARGUMENTS,
            viewport=PAGE,  # type: ignore[arg-type]
        )
        address = self.desk.address("", port=self.line.port)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.desk.places[self.cookie]}
        self.context.add_cookies([{**cookie, "url": address}])  # type: ignore[list-item]
        page = self.context.pages[0]
        self.reading = Reading(page)
        deadline = time.monotonic() + LIMIT
        while True:
            with suppress(Error):
                page.goto(self.desk.address(PLACE, port=self.line.port), wait_until="commit")
                self.wait("viewer.panes.length > 0 && viewer.panes[0].complete", seconds=20)
                self.reading.stage().focus()
                return
            assert time.monotonic() < deadline, "The case never opened."
            page.wait_for_timeout(200)

    def kill(self) -> None:
        """Take every process of this browser away, without a word."""
        mine = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError):
                if mine in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
        self.close()
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        self.kills += 1

    def close(self) -> None:
        with suppress(Error):
            if self.context is not None:
                self.context.close()

    def wait(self, condition: str, *, seconds: float = LIMIT) -> None:
        try:
            self.reading.wait(condition, seconds=seconds)
        except AssertionError as late:
            raise Error(str(late)) from late

    def sign(self) -> str:
        """The word at the top while anything waits on this computer."""
        sign = self.reading.page.locator(".hv-save-sign")
        return "" if sign.get_attribute("data-status") == "saved" else sign.inner_text()

    def marks(self) -> list[dict[str, Any]]:
        return list(self.reading.get("annotations"))

    def edit(self) -> bool:
        """Do one thing by mouse or keys; tell whether anything is different then."""
        before = self.marks()
        free = [mark for mark in before if mark["saving"] != "conflict"]
        what = self.random.choice(["draw", "move", "move", "move", "move", "delete", "undo"])
        {"draw": self._draw, "delete": self._delete, "undo": self._undo, "move": self._move}[
            "draw" if len(free) < 3 else what
        ]()
        now = [(mark["id"], mark["value"]) for mark in self.marks()]
        return now != [(mark["id"], mark["value"]) for mark in before]

    def _draw(self) -> None:
        mouse, around = self.reading.page.mouse, self.random.uniform
        self.reading.press("Escape", "Escape", "!")
        for _ in range(2):
            self.reading.point(around(-150, 150), around(-150, 150))
            mouse.down()
            mouse.up()
        self.reading.press("w")

    def _chosen(self) -> None:
        self.reading.press("Escape", "Escape", *["'"] * self.random.randint(1, 3))

    def _move(self) -> None:
        self._chosen()
        ways = self.random.choices(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"], k=2)
        self.reading.press("Shift+Enter", *ways, "Escape")

    def _delete(self) -> None:
        self._chosen()
        self.reading.press("Delete")

    def _undo(self) -> None:
        self.reading.press("Control+z")

    def decide(self) -> int:
        """Choose in every conflict that is shown; return how many there were."""
        page, count = self.reading.page, 0
        held = page.locator(CONFLICT)
        # However the dialog was left: it can be opened again.
        again = page.locator(".hv-save-sign button:visible")
        while held.count() > 0 or again.count() > 0:
            if held.count() == 0:
                with suppress(Error):  # what was held may have been settled just now
                    again.click(timeout=2000)
                continue
            with suppress(Error):  # the last one closed meanwhile
                said, annotation = held.evaluate(CHOOSE, self.random.random(), timeout=2000)
                assert "changed it" in said or "deleted it" in said, said
                self.shown.add(annotation)
                count += 1
            page.wait_for_timeout(30)
        self.reading.stage().focus()
        return count


@dataclass
class Told:
    """What went over the lines: changes as they were sent, and the site's word on them."""

    bases: dict[str, str | None]
    saved: set[str]
    conflicts: dict[str, str]
    """Change: its annotation."""


def told_over(line: CuttableLine) -> Told:
    """Read the changes and results out of what a line wrote down."""
    told = Told({}, set(), {})
    for sent, received in line.talks:
        for body in _objects(sent, b'{"source":'):
            told.bases |= {each["id"]: each["base"] for each in body.get("changes", [])}
        for body in _objects(received, b'{"results":'):
            for result in body["results"]:
                if result.get("status") in {"saved", "repeated"}:
                    told.saved.add(result["id"])
                elif result.get("status") == "conflict":
                    told.conflicts[result["id"]] = result["annotation"]
    return told


def _objects(talk: bytearray, start: bytes) -> Iterator[dict[str, Any]]:
    """JSON objects that begin so; half ones, where the line was cut, are none."""
    text, decoder = bytes(talk), json.JSONDecoder()
    at = text.find(start)
    while at >= 0:
        with suppress(ValueError):
            yield decoder.raw_decode(text[at:].decode("utf-8", "replace"))[0]
        at = text.find(start, at + 1)


class Evening:
    """Two people, a site, and what becomes of them."""

    def __init__(self, site: Site, people: list[Person], random: Random) -> None:
        self.site, self.people, self.random = site, people, random
        self.cuts, self.conflicts, self.edits = 0, 0, 0
        self._returns: Callable[[], None] | None = None

    def work(self, edits: int, *, every: int = 0) -> None:
        """Edit so often; once in ``every`` edits, at random, something dies for a while."""
        due, back = self.edits + edits, 0
        while self.edits < due:
            if self._returns is not None and self.edits >= back > 0:
                self.come_back()
            person = self.random.choice(self.people)
            self.conflicts += person.decide()
            self.edits += person.edit()
            if every and self._returns is None and self.random.random() < 1 / every:
                person.reading.page.wait_for_timeout(self.random.choice([0, 0, 5, 20, 60]))
                self.strike(self.random.choice(["web", "line", "browser"]))
                back = self.edits + self.random.randint(1, 5)

    def strike(self, what: str) -> None:
        """Take something away in the middle of what it does."""
        person = self.random.choice(self.people)
        if what == "web":
            self.site.kill()
            self._returns = self.site.come_back
        elif what == "line":
            person.line.cut()
            self.cuts += 1
            self._returns = person.line.mend
        else:
            person.kill()
            person.open()

    def come_back(self) -> None:
        """What was taken away is there again."""
        if self._returns is not None:
            self._returns()
        self._returns = None

    def settle(self) -> None:
        """Wait until all is saved and both see the same, deciding what is to be decided."""
        self.come_back()
        deadline = time.monotonic() + LIMIT
        while True:
            for person in self.people:
                person.reading.page.evaluate("window.dispatchEvent(new Event('online'))")
                self.conflicts += person.decide()
            marks = [person.marks() for person in self.people]
            signs = [person.sign() for person in self.people]
            saved = all(mark["saving"] == "saved" for each in marks for mark in each)
            if saved and _said(marks[0]) == _said(marks[1]) and not any(signs):
                return
            assert time.monotonic() < deadline, (signs, marks)
            self.people[0].reading.page.wait_for_timeout(200)

    def tidy(self) -> None:
        """Leave nothing marked."""
        marks = Marks(self.people[0].reading)
        marks.clear()
        deadline = time.monotonic() + LIMIT
        while marks.stored():
            assert time.monotonic() < deadline
            self.people[0].reading.page.wait_for_timeout(50)


def _said(marks: list[dict[str, Any]]) -> list[Any]:
    return sorted(
        (mark["id"], mark["version"], json.dumps(mark["value"], sort_keys=True)) for mark in marks
    )


def check(evening: Evening) -> dict[str, Any]:
    """Hold what the site keeps against what it said, and against what people were shown."""
    told = [told_over(person.line) for person in evening.people]
    bases = {key: base for each in told for key, base in each.bases.items()}
    saved = {key for each in told for key in each.saved}
    stored: dict[str, str | None] = {}
    for mark in _annotations(evening):
        before = None
        for number, version in enumerate(reversed(mark["versions"]), start=1):
            assert version["version"] == number
            assert bases[version["revision"]] == before, "something was replaced unseen"
            before = stored[version["revision"]] = version["revision"]
    assert saved - set(stored) == set(), "acknowledged, and not there"
    for person, each in zip(evening.people, told, strict=True):
        unseen = set(each.conflicts.values()) - person.shown
        assert unseen == set(), f"{person.cookie}: conflicts that nobody was shown: {unseen}"
    return {
        "versions": len(stored),
        "acknowledged": len(saved),
        "changes sent": len(bases),
        "conflicts shown": evening.conflicts,
        "web process killed": evening.site.kills,
        "browsers killed": sum(person.kills for person in evening.people),
        "lines cut": evening.cuts,
    }


def _annotations(evening: Evening) -> Iterator[dict[str, Any]]:
    """Every annotation of the case with its versions, deleted ones too, as the site tells."""
    desk, port = evening.site.desk, evening.site.port
    cookies = {settings.SESSION_COOKIE_NAME: desk.places["cookie"]}
    source, pk = desk.places[PLACE].strip("/").split("/")[1:]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies) as client:
        for deleted in ({}, {"deleted": "true"}):
            query = {"source": source, "object": pk, "limit": "1000", **deleted}
            listed = client.get("/api/v1/annotations/", params=query).raise_for_status().json()
            for mark in listed["results"]:
                path = f"/api/v1/annotations/{mark['pk']}/versions/"
                found = client.get(path, params={"limit": "1000"}).raise_for_status().json()
                yield {**mark, "versions": found.get("results", found)}


@contextmanager
def evening_of(desk: Desk, playwright: Playwright, folder: Path, seed: int) -> Iterator[Evening]:
    """Two readers who have opened the same case over lines of their own."""
    random = Random(seed)
    site = Site(desk, folder)
    with ExitStack() as stack:
        stack.callback(site.kill)
        people = []
        for number, cookie in enumerate(("cookie", "colleague_cookie")):
            line = stack.enter_context(cuttable_line(site.port, recording=True))
            profile, chance = folder / f"profile-{number}", Random(seed + number + 1)
            person = Person(playwright, desk, line, cookie, profile, chance)
            person.open()
            stack.callback(person.close)
            people.append(person)
        yield Evening(site, people, random)
