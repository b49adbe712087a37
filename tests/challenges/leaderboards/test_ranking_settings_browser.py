"""The page where organizers set how a phase ranks, in a real browser."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from app.challenges.models import Phase
from tests.challenges.leaderboards.test_rankings import scored
from tests.challenges.looks import watched_page, wrong_on
from tests.design.test_browser import go
from tests.factories.challenges import make_challenge, make_phase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phase(db: None) -> Phase:
    found = make_phase(make_challenge(title="Lungs in CT"), title="Final test", cases=4)
    scored(found, 0.9, 0.8, 0.95, 0.7, name="Anna")
    scored(found, 0.5, 0.4, 0.55, 0.3, name="Boris")
    return found


@pytest.fixture
def addresses(phase: Phase) -> dict[str, str]:
    """Return where its pages are; read before a browser runs, which Django takes for a loop."""
    pages = {"settings": "edit_ranking", "leaderboard": "phase", "setup": "setup_phase"}
    return {name: reverse(f"challenges:{to}", args=[phase.pk]) for name, to in pages.items()}


@pytest.fixture
def page(phase: Phase, live_server: LiveServer) -> Iterator[Page]:
    """A page of an organizer on which every script error fails the test."""
    organizer = phase.challenge.memberships.get(role="ADMIN").user
    with watched_page(organizer, live_server.url) as page:
        yield page


def test_a_plan_is_chosen_read_and_published(
    live_server: LiveServer, addresses: dict[str, str], page: Page
) -> None:
    go(page, live_server.url + addresses["setup"])
    page.get_by_role("link", name="Ranking", exact=True).click()
    page.get_by_label("How entries are ranked").select_option("ranks")
    page.get_by_role("button", name="Say it in words").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("in each case; the mean of these ranks decides")
    page.get_by_role("button", name="Publish the amendment").click()
    expect(page.get_by_text("Say why it changes").first).to_be_visible()
    page.get_by_label("Reason for the change").fill("Ranks resist outliers.")
    wrong = wrong_on(page, "settings")
    page.get_by_role("button", name="Publish the amendment").click()
    expect(page.get_by_text("The ranking is saved")).to_be_visible()
    expect(page.get_by_label("How entries are ranked")).to_have_value("ranks")
    go(page, live_server.url + addresses["leaderboard"])
    page.get_by_role("button", name="Mark as baseline").first.click()
    expect(page.get_by_role("button", name="Not a baseline")).to_be_visible()
    assert wrong | wrong_on(page, "leaderboard") == {}
