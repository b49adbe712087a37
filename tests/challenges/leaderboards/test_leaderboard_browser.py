"""What a participant meets on a leaderboard in time: a freeze, days before, a ladder, a choice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.challenges.models import Phase, Ranking
from tests.challenges.leaderboards.test_rankings import computed, scored
from tests.challenges.looks import watched_page, wrong_on
from tests.design.test_browser import go
from tests.factories.challenges import make_challenge, make_evaluation, make_phase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)
Open = Callable[[User], Page]


@pytest.fixture
def open_page(live_server: LiveServer) -> Iterator[Open]:
    """Open a page as somebody; every script error in it fails the test."""
    with ExitStack() as stack:
        yield lambda user: stack.enter_context(watched_page(user, live_server.url))


@pytest.fixture
def frozen(db: None) -> tuple[Phase, User]:
    """A phase that froze after a ranking of two days ago, and who handed in since."""
    phase = make_phase(make_challenge(title="Lungs in CT"), title="Final test", cases=4)
    scored(phase, 0.9, 0.8, 0.95, 0.7, name="Anna")
    scored(phase, 0.5, 0.4, 0.55, 0.3, name="Boris")
    computed(phase)
    now = timezone.now()
    Ranking.objects.update(created=now - 2 * DAY)
    Phase.objects.filter(pk=phase.pk).update(frozen_at=now, closes_at=now + DAY)
    late = scored(phase, 0.99, 0.99, 0.99, 0.99, name="Cora")
    return phase, late.creator


def test_a_frozen_leaderboard_says_what_is_held_back_and_shows_the_days_before(
    live_server: LiveServer, frozen: tuple[Phase, User], open_page: Open
) -> None:
    phase, late = frozen
    address = reverse("challenges:phase", args=[phase.pk])
    first_day = (timezone.now() - 2 * DAY).date()
    page = open_page(late)
    go(page, live_server.url + address)
    expect(page.get_by_text("The leaderboard is frozen", exact=True)).to_be_visible()
    board = page.locator("#leaderboard tbody tr")
    expect(board).to_have_count(2)
    expect(board.first).to_contain_text("Anna")
    expect(page.locator("#unranked")).to_contain_text("frozen until the phase closes")
    wrong = wrong_on(page, "frozen")
    page.get_by_label("As it stood on").fill(f"{first_day - DAY}")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Choose a later day")).to_be_visible()
    page.get_by_label("As it stood on").fill(f"{first_day}")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Ranking as it stood")).to_be_visible()
    then = page.locator("#ranking tbody tr")
    expect(then).to_have_count(2)
    expect(then.first).to_contain_text("Anna")
    wrong |= wrong_on(page, "as-it-stood")
    assert wrong == {}


@pytest.fixture
def ladder(user: User) -> Phase:
    """A phase with a step of 0.1 where one person came to 0.5, then to 0.55, and may choose."""
    challenge = make_challenge(title="Lungs in CT", participants=(user,))
    phase = make_phase(challenge, title="Final test", limit_successful=9)
    Phase.objects.filter(pk=phase.pk).update(ladder_step=0.1, counts=Phase.Counts.CHOSEN)
    for score in (0.5, 0.55):
        make_evaluation(phase, score=score, creator=user)
    return phase


def test_a_small_step_is_not_shown_until_it_is_chosen(
    live_server: LiveServer, ladder: Phase, user: User, open_page: Open
) -> None:
    board = reverse("challenges:phase", args=[ladder.pk])
    mine = reverse("challenges:submissions", args=[ladder.pk])
    page = open_page(user)
    go(page, live_server.url + board)
    row = page.locator("#leaderboard tbody tr")
    expect(row).to_have_attribute("data-score", "0.500000")
    expect(page.get_by_text("only if it is better by 0.1 or more")).to_be_visible()
    go(page, live_server.url + mine)
    expect(page.get_by_text("not better than the result on the leaderboard")).to_be_visible()
    wrong = wrong_on(page, "choice")
    page.get_by_role("button", name="Choose as final").first.click()
    expect(page.get_by_text("Chosen", exact=True)).to_be_visible()
    go(page, live_server.url + board)
    expect(row).to_have_attribute("data-score", "0.550000")
    wrong |= wrong_on(page, "chosen")
    assert wrong == {}
