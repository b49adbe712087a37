"""Design, pages and announcements in a real browser: accessible, and fitting a phone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.challenges.models import Challenge
from app.challenges.services import add_question, announce, create_page, declare_design
from tests.challenges.declaration.test_checking import DESIGN
from tests.design.test_browser import CHROMIUM, RULES, STANDS_OUT, TOO_SMALL, go
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_phase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "# Fair play\n\nRead **all**:\n\n| metric | unit |\n|---|---|\n| HD95 | mm |\n\n- one\n- two"


@pytest.fixture
def challenge() -> Challenge:
    """A challenge that is under way, with an amended design."""
    admin = UserFactory(username="organizer")
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
    }


@pytest.fixture
def context(challenge: Challenge, live_server: LiveServer) -> Iterator[BrowserContext]:
    client = sign_in(Client(), challenge.memberships.get().user)
    name = settings.SESSION_COOKIE_NAME
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        context = browser.new_context()
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        yield context
        browser.close()


def test_pages_are_accessible_and_fit(
    live_server: LiveServer, addresses: dict[str, str], context: BrowserContext
) -> None:
    wrong: dict[str, Any] = {}
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for name, address in addresses.items():
            go(page, live_server.url + address)
            _keep(page, f"{name}-{width}")
            found = Axe().run(page, options=RULES).response["violations"]
            rules = [(rule["id"], rule["nodes"][0]["html"]) for rule in found]
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


def _keep(page: Any, name: str) -> None:
    """Keep a picture where ``HOUNSFIELD_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"challenge-{name}.png", full_page=True)
