"""One server for all tests of the browser, one browser for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.conftest import browser, screenshots
from tests.viewer.browser.desk import Desk, running_desk
from tests.viewer.browser.reading import Reading

__all__ = ["browser", "screenshots"]

Read = Callable[..., Reading]
expect.set_options(timeout=20_000)  # milliseconds; software drawing is slow


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The running server with its images."""
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(scope="module")
def context(desk: Desk, browser: Browser) -> Iterator[BrowserContext]:
    """The reader's browser."""
    made = desk.context(browser)
    yield made
    made.close()


@pytest.fixture
def read(desk: Desk, context: BrowserContext) -> Iterator[Read]:
    """``read("ct")``: the viewer opened at a place, complete; fails if a script complained."""
    opened: list[Reading] = []

    def open_at(place: str) -> Reading:
        reading = Reading(desk.open(context, place))
        opened.append(reading)
        reading.wait_for_pictures()
        return reading

    yield open_at
    for reading in opened:
        reading.page.close()
        assert reading.complaints == []
