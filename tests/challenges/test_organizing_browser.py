"""Design, pages and announcements in a real browser: accessible, and fitting a phone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from app.challenges.models import Challenge, ChallengeProposal
from app.challenges.services import (
    add_question,
    announce,
    create_page,
    declare_design,
    set_pictures,
)
from tests.browsers import signed_in
from tests.challenges.declaration.test_checking import DESIGN
from tests.design.test_browser import STANDS_OUT, TOO_SMALL, go
from tests.e2e.soundness import inaccessible
from tests.factories.accounts import UserFactory
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.people import make_picture
from tests.factories.proposals import make_proposal
from tests.sampling import in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1280, 360)
TEXT = "# Fair play\n\nRead **all**:\n\n| metric | unit |\n|---|---|\n| HD95 | mm |\n\n- one\n- two"


@pytest.fixture
def challenge() -> Challenge:
    """A challenge that is under way, with an amended design."""
    admin = UserFactory(username="organizer", verified_at=timezone.now())
    challenge = make_challenge(admin=admin, title="Lungs in CT")
    declare_design(actor=admin, challenge=challenge, document=DESIGN)
    phase = make_phase(challenge, title="Final")
    changed = {**DESIGN, "test_cases": 39, "conflicts": "None."}
    declare_design(
        actor=admin, challenge=challenge, document=changed, reason="One case was withdrawn."
    )
    later = make_phase(challenge, title="Later", opens_at=None, archive=phase.archive)
    declare_design(actor=admin, challenge=challenge, phase=later, document={"test_cases": 9})
    create_page(actor=admin, challenge=challenge, title="Rules", content=TEXT)
    add_question(actor=admin, challenge=challenge, text="Where do you work?")
    announce(actor=admin, challenge=challenge, title="Data are out", text="[Here](https://a.org).")
    picture = make_picture(size=(1600, 400))
    words = {"logo": "A lung", "banner": "Slices in a row"}
    pictures = {"logo": picture, "banner": picture}
    set_pictures(actor=admin, challenge=challenge, pictures=pictures, words=words)
    make_proposal(admin, title="Nodules in CT")
    return challenge


@pytest.fixture
def addresses(challenge: Challenge) -> dict[str, str]:
    """Return where its pages are; read before a browser runs, which Django takes for a loop."""
    later = challenge.phases.get(title="Later")
    return {
        "detail": reverse("challenges:detail", args=[challenge.pk]),
        "design": reverse("challenges:design", args=[challenge.pk]),
        "edit-design": reverse("challenges:edit_design", args=[challenge.pk]),
        "edit-phase-design": reverse("challenges:edit_phase_design", args=[later.pk]),
        "page": reverse("challenges:page", args=[challenge.pk, "rules"]),
        "edit-page": reverse("challenges:edit_page", args=[challenge.pages.get().pk]),
        "questions": reverse("challenges:questions", args=[challenge.pk]),
        "edit-question": reverse(
            "challenges:edit_question", args=[challenge.registration_questions.get().pk]
        ),
        "announcements": reverse("challenges:announcements", args=[challenge.pk]),
        "announce": reverse("challenges:announce", args=[challenge.pk]),
        "dashboard": reverse("challenges:dashboard", args=[challenge.pk]),
        "list": reverse("challenges:list"),
        "clone": reverse("challenges:clone", args=[challenge.pk]),
        "pictures": reverse("challenges:pictures", args=[challenge.pk]),
        "proposals": reverse("challenges:proposals"),
        "propose": reverse("challenges:propose"),
        "proposal": reverse("challenges:proposal", args=[ChallengeProposal.objects.get().pk]),
    }


@pytest.fixture
def context(challenge: Challenge, live_server: LiveServer) -> Iterator[BrowserContext]:
    with signed_in(challenge.memberships.get().user, live_server.url) as context:
        yield context


def test_pages_are_accessible_and_fit(
    live_server: LiveServer, addresses: dict[str, str], context: BrowserContext
) -> None:
    wrong: dict[str, Any] = {}
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for name, address in addresses.items():
            go(page, live_server.url + address)
            _keep(page, f"{name}-{width}")
            looked_at = width in in_ci_one(name, WIDTHS)
            rules = list(inaccessible(page)) if looked_at else []
            out, small = page.evaluate(STANDS_OUT), page.evaluate(TOO_SMALL)
            wide = page.evaluate("document.documentElement.scrollWidth") != width
            if rules or out or small or wide:
                wrong[f"{name} {width}"] = (rules, out, small, wide)
    assert wrong == {}
    assert errors == []


def test_a_preview_is_shown_below_the_form(
    live_server: LiveServer, context: BrowserContext, challenge: Challenge
) -> None:
    page = context.new_page()
    page.goto(live_server.url + reverse("challenges:create_page", args=[challenge.pk]))
    page.get_by_label("Text").fill("# Prizes")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview h2")).to_have_text("Prizes")


def test_an_organizer_clones_edits_the_design_and_opens(
    live_server: LiveServer, context: BrowserContext, challenge: Challenge
) -> None:
    page = context.new_page()
    page.goto(live_server.url + reverse("challenges:detail", args=[challenge.pk]))
    page.get_by_role("link", name="Clone", exact=True).click()
    page.get_by_label("Title").fill("Lungs in CT, second edition")
    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lungs in CT, second edition")
    page.get_by_role("link", name="Design", exact=True).click()
    page.locator(".page-header").get_by_role("link", name="Edit").click()
    page.locator("[name=test_cases]").fill("77")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("77")
    page.get_by_role("link", name="Challenge", exact=True).click()
    page.get_by_role("link", name="Leaderboard").first.click()
    page.get_by_role("link", name="Set-up", exact=True).click()
    page.locator(".page-header").get_by_role("link", name="Edit").click()
    page.locator("[name=opens_at]").fill("2026-01-01T00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This phase is ready")).to_be_visible()
    page.get_by_role("link", name="Lungs in CT, second edition").first.click()
    page.get_by_role("link", name="Design", exact=True).click()
    page.locator(".page-header").get_by_role("link", name="Amend").click()
    expect(page.get_by_text("The design is frozen")).to_be_visible()
    _keep(page, "clone-opened")


def _keep(page: Any, name: str) -> None:
    """Keep a picture where ``HOUNSFIELD_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"challenge-{name}.png", full_page=True)
