"""The reference in a real browser: accessible, fitting, without inline code."""

import pytest
from playwright.sync_api import expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.chromium import CHROMIUM
from tests.design.test_browser import STANDS_OUT, TOO_SMALL, go
from tests.e2e.soundness import inaccessible
from tests.sampling import in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATHS = (
    "/api/",
    "/api/?q=nothing+like+it",
    "/api/reference/archives_items_partial_update/",
    "/api/reference/reader_studies_answers_list/",
    "/api/reference/algorithms_jobs_log_stream_retrieve/",
)


WIDTHS = (360, 1280)


@pytest.mark.parametrize("width", WIDTHS)
def test_accessible_and_fitting(live_server: LiveServer, width: int) -> None:
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        tab = browser.new_page(viewport={"width": width, "height": 800})
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else 0)
        for path in PATHS:
            go(tab, live_server.url + path)
            if width in in_ci_one(path, WIDTHS):
                assert list(inaccessible(tab)) == [], path
            assert tab.evaluate("document.documentElement.scrollWidth") == width, path
            assert tab.evaluate(STANDS_OUT) == [], path
            assert tab.evaluate(TOO_SMALL) == [], path
        go(tab, f"{live_server.url}/api/")
        tab.get_by_role("searchbox").fill("leaderboard")
        expect(tab.get_by_text("4 operations", exact=True)).to_be_visible()
        tab.get_by_role("link", name="/api/v1/phases/{id}/leaderboard/").click()
        expect(tab.get_by_role("heading", level=1)).to_contain_text("List the places")
        browser.close()
    assert complaints == []
