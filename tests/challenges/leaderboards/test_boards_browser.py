"""Further columns and leaderboards over several phases, in a real browser."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from app.challenges.leaderboards.columns import documents_of, read_columns
from app.challenges.models import Phase
from tests.challenges.looks import watched_page, wrong_on
from tests.design.test_browser import go
from tests.factories.accounts import UserFactory
from tests.factories.challenges import make_challenge, make_evaluation, make_phase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COLUMNS = "HD95 (mm); aggregates.hd95; lower; 1\nSensitivity; aggregates.sens; higher"


@pytest.fixture
def phases(db: None) -> list[Phase]:
    people = tuple(UserFactory(first_name=name, last_name="Doe") for name in ("Anna", "Boris"))
    challenge = make_challenge(title="Lungs in CT", participants=people)  # type: ignore[arg-type]
    columns = documents_of(read_columns(COLUMNS))
    made = [
        make_phase(challenge, title=title, leaderboard_columns=columns)
        for title in ("Preliminary test", "Final test")
    ]
    for number, person in enumerate(people):
        for phase in made[number:]:
            totals = {"dice": {"mean": 0.9 - number / 8}, "hd95": 3.14159 if not number else "x"}
            make_evaluation(phase, creator=person, metrics={"aggregates": totals})  # type: ignore[arg-type]
    return made


@pytest.fixture
def addresses(phases: list[Phase]) -> dict[str, str]:
    """Return where the pages are; read before a browser runs, which Django takes for a loop."""
    return {
        "leaderboard": reverse("challenges:phase", args=[phases[1].pk]),
        "challenge": reverse("challenges:detail", args=[phases[0].challenge_id]),
        "settings": reverse("challenges:edit_ranking", args=[phases[1].pk]),
    }


@pytest.fixture
def page(phases: list[Phase], live_server: LiveServer) -> Iterator[Page]:
    """A page of an organizer on which every script error fails the test."""
    organizer = phases[0].challenge.memberships.get(role="ADMIN").user
    with watched_page(organizer, live_server.url) as page:
        yield page


def test_columns_and_a_combined_leaderboard(
    live_server: LiveServer, addresses: dict[str, str], page: Page
) -> None:
    go(page, live_server.url + addresses["leaderboard"])
    expect(page.locator("#leaderboard")).to_contain_text("HD95 (mm)")
    wrong = wrong_on(page, "columns")
    go(page, live_server.url + addresses["leaderboard"] + "?who=compete&q=anna")
    expect(page.locator("#leaderboard tbody tr")).to_have_count(1)
    wrong |= wrong_on(page, "narrowed")
    go(page, live_server.url + addresses["leaderboard"] + "?q=nobody")
    wrong |= wrong_on(page, "nobody")
    page.get_by_role("link", name="Show everybody").click()
    expect(page.locator("#leaderboard tbody tr")).to_have_count(2)
    go(page, live_server.url + addresses["settings"])
    wrong |= wrong_on(page, "columns-form")
    go(page, live_server.url + addresses["challenge"])
    page.get_by_role("link", name="New combined leaderboard").click()
    wrong |= wrong_on(page, "combined-form")
    page.get_by_label("Title").fill("Over all")
    page.get_by_label("Who is not ranked in a phase").select_option("OUT")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#combined")).to_contain_text("Anna Doe")
    expect(page.locator("#uncombined")).to_contain_text("Not ranked in Preliminary test.")
    wrong |= wrong_on(page, "combined")
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    wrong |= wrong_on(page, "edit-combined")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The combined leaderboard is deleted.")).to_be_visible()
    wrong |= wrong_on(page, "challenge")
    assert wrong == {}
