"""Fixtures of the browser tests: one portal for all, one browser per module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import CHROMIUM_ARGUMENTS, PROGRAM
from tests.e2e.people import People
from tests.e2e.portal import Portal, start_portal
from tests.e2e.samples import Samples

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pictures for the documentation show the demo as the page tests make it: these run alone."""
    if os.environ.get("HOUNSFIELD_SCREENSHOTS"):
        items[:] = [item for item in items if item.path == HERE / "test_pages.py"]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The running portal; stopping it must leave no process behind.

    HOUNSFIELD_E2E_HOME names a state folder to keep, so that the next run starts in seconds.
    """
    kept = os.environ.get("HOUNSFIELD_E2E_HOME")
    home = Path(kept).resolve() if kept else tmp_path_factory.mktemp("portal") / "home"
    running = start_portal(home)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Files to upload, good and bad."""
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; closed with the module, since it brings an event loop."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=PROGRAM,
            args=CHROMIUM_ARGUMENTS,
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def people(portal: Portal, browser: Browser) -> Iterator[People]:
    """The five personas, each in a browser of their own."""
    crowd = People(browser=browser, url=portal.url)
    yield crowd
    crowd.close()


@pytest.fixture
def quiet(people: People) -> Iterator[None]:
    """Fail a test during which a page's script or its console complained."""
    people.complaints.clear()
    yield
    assert people.complaints == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: HOUNSFIELD_SCREENSHOTS, else a folder of this run."""
    named = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    folder = Path(named).resolve() if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
