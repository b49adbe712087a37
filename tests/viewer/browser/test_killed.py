"""A sample of what `make accept ISSUE=annotations` does at length: everything dies once."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.viewer.browser.desk import Desk
from tests.viewer.browser.killing import check, evening_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_two_readers_lose_nothing_when_things_die(desk: Desk, tmp_path: Path) -> None:
    with sync_playwright() as playwright, evening_of(desk, playwright, tmp_path, 1) as evening:
        evening.work(4)
        for kind in ("line", "web", "browser"):
            evening.strike(kind)
            evening.work(4)
            evening.come_back()
        evening.settle()
        found = check(evening)
        evening.tidy()
    assert found["acknowledged"] >= 10
    assert (found["web process killed"], found["browsers killed"], found["lines cut"]) == (1, 1, 1)
