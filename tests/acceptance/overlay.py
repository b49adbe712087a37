"""From a 300 MB CT on the author's machine to the overlay on the screen, in a real browser.

A synthetic series of 600 slices is given to the try-out page of the demo's algorithm; it is
uploaded, de-identified, converted, run and shown with what was found over it, within 120 s. Run
it on a machine that does nothing else: ``load`` of the record says whether that was so.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from app.images.phantom import generate, write_dicom_series
from tests.chromium import CHROMIUM_ARGUMENTS, PROGRAM
from tests.e2e.looking import Viewer
from tests.e2e.people import People, Person
from tests.e2e.portal import start_portal

SHAPE = (600, 512, 512)  # z, y, x; two bytes a voxel
LIMIT = 120.0  # seconds
PATIENCE = 900.0
ALGORITHM = "Lung nodule finder"
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
POLL = 0.1


def run(results: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="hounsfield-overlay-") as scratch:
        folder = Path(scratch)
        series = folder / "series"
        write_dicom_series(generate(seed=300, shape=SHAPE), series, patient="Overlay 300")
        files = sorted(series.iterdir())
        results["files"] = len(files)
        results["megabytes"] = round(sum(file.stat().st_size for file in files) / 1e6, 1)
        with _portal(folder / "home") as url, _browser() as browser:
            people = People(browser=browser, url=url)
            results["load_before"] = os.getloadavg()
            _line(people["author"], series, results)
            results["load_after"] = os.getloadavg()
            people.close()
    assert results["total_s"] <= LIMIT, results


def _line(author: Person, series: Path, results: dict[str, Any]) -> None:
    """Walk from the folder to the overlay; write down the seconds of each stage."""
    author.context.set_default_timeout(PATIENCE * 1000)
    page = author.open("/algorithms/")
    page.get_by_role("link", name=ALGORITHM, exact=True).click()
    page.wait_for_url("**/algorithms/*-*/")
    author.open(f"/algorithms/{author.pk}/run/?source=upload")
    clock = _Clock()
    author.choose_files(series, folder=True)
    results["upload_s"] = clock.lap()
    author.send("Run")
    results["states_s"], record = _follow(author, author.path)
    assert record["state"] == "SUCCEEDED", record["reason"]
    results["until_succeeded_s"] = clock.lap()
    results["container_s"] = record["record"].get("timings", {})
    author.wait_for_state()
    author.press("Open the result in the viewer")
    viewer = Viewer(page)
    viewer.wait("viewer.overlays.layers.length === 1 && viewer.complete", seconds=PATIENCE)
    results["viewer_s"] = clock.lap()
    results["total_s"] = clock.total
    assert viewer.show_overlay() > 0, "nothing of the result is on the screen"


def _follow(author: Person, path: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Ask for the run's record until it has ended; return how long each state took."""
    states: dict[str, float] = {}
    address = f"{author.url}{path}record.json"
    deadline, last = time.monotonic() + PATIENCE, time.monotonic()
    while True:
        record = author.context.request.get(address).json()
        now = time.monotonic()
        state = record["state"]
        states[state] = round(states.get(state, 0.0) + now - last, 2)
        last = now
        if state in ENDED:
            return states, record
        assert now < deadline, f"still {state}"
        author.page.wait_for_timeout(POLL * 1000)


class _Clock:
    """Seconds since the start, stage by stage."""

    def __init__(self) -> None:
        self.start = self.last = time.monotonic()

    def lap(self) -> float:
        now = time.monotonic()
        took, self.last = round(now - self.last, 2), now
        return took

    @property
    def total(self) -> float:
        return round(self.last - self.start, 2)


@contextmanager
def _portal(home: Path) -> Iterator[str]:
    """A portal of its own; HOUNSFIELD_E2E_HOME names a state folder that is used again."""
    kept = os.environ.get("HOUNSFIELD_E2E_HOME")
    portal = start_portal(Path(kept).resolve() if kept else home)
    try:
        portal.wait_until_ready()
        yield portal.url
    finally:
        portal.stop()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=PROGRAM,
            args=CHROMIUM_ARGUMENTS,
        )
        yield opened
        opened.close()
