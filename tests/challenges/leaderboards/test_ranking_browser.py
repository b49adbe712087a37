"""Plots and the report in a real browser: drawn, accessible, fitting a phone, printed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from app.challenges.models import Phase, Ranking
from app.challenges.services import declare_design
from tests.browsers import signed_in
from tests.challenges.declaration.test_checking import DESIGN
from tests.design.test_browser import STANDS_OUT, TOO_SMALL, go
from tests.e2e.soundness import inaccessible
from tests.factories.accounts import UserFactory
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.rankings import make_ranking, plausible_scores
from tests.pdfs import pages_of, text_of
from tests.sampling import in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1280, 360)
TEAMS = (
    "Aorta Analytics",
    "Nijmegen",
    "Team Baseline",
    "Deep Liver",
    "nnU-Net, the organizers' own",
    "University Hospital of Somewhere Quite Far Away",
    "Lone Wolf",
    "Café Röntgen",
)
CASES = 60
PLOTS = 6
OUTSIDE = STANDS_OUT.replace(".table-frame", ".plot-frame, .table-frame")
"""A plot that is wider than a phone is moved within its frame."""


@pytest.fixture
def phase(db: None) -> Phase:
    admin = UserFactory(username="organizer")
    challenge = make_challenge(admin=admin, title="Lungs in CT")
    declare_design(actor=admin, challenge=challenge, document=DESIGN)
    return make_phase(challenge, title="Final test", ready=False)


@pytest.fixture
def ranking(phase: Phase) -> Ranking:
    cache.clear()
    return make_ranking(phase, plausible_scores(TEAMS, cases=CASES))


@pytest.fixture
def addresses(phase: Phase, ranking: Ranking) -> dict[str, str]:
    """Return where its pages are; read before a browser runs, which Django takes for a loop."""
    return {
        "plots": reverse("challenges:ranking_plots", args=[phase.pk]),
        "tests": reverse("challenges:ranking_plots", args=[phase.pk]) + "?scheme=tests",
        "report": reverse("challenges:ranking_report", args=[ranking.pk]),
    }


@pytest.fixture
def context(phase: Phase, live_server: LiveServer) -> Iterator[BrowserContext]:
    with signed_in(phase.challenge.memberships.get().user, live_server.url) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which every script error and every breach of the content policy fails the test."""
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    yield page
    assert errors == []


def test_plots_are_drawn_accessible_and_fit(
    live_server: LiveServer, addresses: dict[str, str], page: Page
) -> None:
    wrong: dict[str, Any] = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for name, address in addresses.items():
            go(page, live_server.url + address)
            expect(page.locator("[data-drawn=yes] svg")).to_have_count(PLOTS)
            _keep(page, f"{name}-{width}")
            looked_at = width in in_ci_one(name, WIDTHS)
            rules = list(inaccessible(page)) if looked_at else []
            out, small = page.evaluate(OUTSIDE), page.evaluate(TOO_SMALL)
            wide = page.evaluate("document.documentElement.scrollWidth") != width
            if rules or out or small or wide:
                wrong[f"{name} {width}"] = (rules, out, small, wide)
    assert wrong == {}


def test_a_plot_is_read_chosen_and_kept(
    live_server: LiveServer, addresses: dict[str, str], page: Page, tmp_path: Path
) -> None:
    go(page, live_server.url + addresses["plots"])
    pairs = page.locator("#pairs")
    expect(pairs.locator("svg").get_by_text("Aorta Analytics").first).to_be_visible()
    pairs.get_by_text("The numbers of this plot").click()
    expect(pairs.get_by_role("columnheader", name="Significantly better than")).to_be_visible()
    with page.expect_download() as kept:
        pairs.get_by_role("button", name="SVG").click()
    assert kept.value.suggested_filename == "pairs.svg"
    kept.value.save_as(tmp_path / "pairs.svg")
    assert "Aorta Analytics" in (tmp_path / "pairs.svg").read_text()
    with page.expect_download() as kept:
        pairs.get_by_role("button", name="PNG").click()
    kept.value.save_as(tmp_path / "pairs.png")
    assert (tmp_path / "pairs.png").read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as kept:
        pairs.get_by_role("link", name="Vega-Lite (JSON)").click()
    assert kept.value.suggested_filename == "pairs.json"
    page.get_by_label("Scheme").select_option("tests")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#pairs").get_by_text("Tested by the scheme")).to_have_count(0)
    page.get_by_role("link", name="Report to print").click()
    expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible()


def test_the_report_is_printed(
    live_server: LiveServer, addresses: dict[str, str], page: Page, ranking: Ranking
) -> None:
    digest = ranking.scores_sha256
    go(page, live_server.url + addresses["report"])
    expect(page.locator("[data-drawn=yes] svg")).to_have_count(PLOTS)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    _keep_bytes(printed, "report.pdf")
    text = text_of(printed)
    for words in (
        "Ranking report",
        "Lungs in CT",
        "University Hospital of Somewhere Quite Far Away",
        "Café Röntgen",
        "Entries are ranked by the mean of “dice” over the cases",
        "Kendall's tau with the ranking of all cases",
        "python manage.py rank plan.json scores.csv",
        digest,
        "Page1of",
    ):
        assert "".join(words.split()) in text, words
    assert "Skiptocontent" not in text
    assert "Signout" not in text
    assert 3 <= pages_of(printed) <= 8


def _keep(page: Page, name: str) -> None:
    """Keep a picture where ``HOUNSFIELD_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"ranking-{name}.png", full_page=True)


def _keep_bytes(data: bytes, name: str) -> None:
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        (Path(folder) / f"ranking-{name}").write_bytes(data)
