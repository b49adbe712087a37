"""One server for all tests of the browser, one browser for each module."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.data import DATA
from tests.e2e.conftest import browser, screenshots
from tests.viewer.browser.desk import Desk, running_desk
from tests.viewer.browser.hands import picture_of
from tests.viewer.browser.painting import Painter
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import PAINTED

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


@pytest.fixture(scope="module")
def real_place() -> str:
    """A real oblique image; the phantom where there are no real ones."""
    if DATA is None:
        warnings.warn(
            "There are no real images here: masks are painted on a phantom.", stacklevel=1
        )
        return "ct"
    return PAINTED


@pytest.fixture(scope="module")
def page_of_masks(desk: Desk, context: BrowserContext, real_place: str) -> Iterator[Painter]:
    """One page for all tests of the module."""
    reading = Reading(desk.open(context, real_place))
    # Drawing takes this machine's time: a small pane is enough.
    reading.page.set_viewport_size({"width": 900, "height": 560})
    reading.wait_for_pictures()
    yield Painter(reading, picture_of(real_place))
    reading.page.close()


@pytest.fixture
def painter(page_of_masks: Painter) -> Iterator[Painter]:
    """Nothing painted, the middle slice in front; fails if a script complained."""
    page_of_masks.clear()
    yield page_of_masks
    complaints, page_of_masks.reading.complaints = page_of_masks.reading.complaints, []
    assert complaints == []
