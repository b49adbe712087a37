"""Handing in a file in a real browser: what is wrong is said before the form is sent."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect, sync_playwright

from app.accounts.models import User
from app.challenges.models import Phase, Submission
from app.core.asgi import get_application
from app.uploads.asgi import PartReceiver
from tests.chromium import CHROMIUM
from tests.design.test_browser import STANDS_OUT, TOO_SMALL
from tests.e2e.soundness import inaccessible
from tests.factories.accounts import sign_in
from tests.factories.challenges import make_challenge, make_predictions_phase
from tests.servers import asgi_server
from tests.uploads.browser import choose, expect_state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phase(user: User) -> Phase:
    challenge = make_challenge(participants=(user,), title="Nodules in CT")
    return make_predictions_phase(challenge, title="Probabilities")


@pytest.fixture
def page(user: User, phase: Phase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The page on which ``user`` hands in, in a browser whose scripts may not break."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    cookie = sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
    address = reverse("challenges:submit", args=[phase.pk])
    errors: list[str] = []
    portal = PartReceiver(ASGIStaticFilesHandler(get_application()))
    with asgi_server(portal) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server + address)
        yield page
        browser.close()
        connections.close_all()
    assert errors == []


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def take_away(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Remove {name}").click()
    expect_state(page, "empty")


def shown(page: Page, what: str) -> None:
    place = page.locator("[data-predictions]")
    expect(place).to_have_attribute("data-shown", what, timeout=60_000)


def check_design(page: Page, name: str) -> None:
    """Nothing stands out of the page, is too small, or breaks a rule of accessibility."""
    if os.environ.get("HOUNSFIELD_SCREENSHOTS"):
        page.screenshot(path=f"{os.environ['HOUNSFIELD_SCREENSHOTS']}/predictions-{name}.png")
    # The upload control is looked at in tests/uploads.
    assert list(inaccessible(page, without=".uppy-Root")) == []
    assert page.evaluate(STANDS_OUT) == []
    assert page.evaluate(TOO_SMALL) == []


def test_faults_are_said_at_once_and_a_file_that_fits_is_handed_in(
    page: Page, tmp_path: Path
) -> None:
    choose(page, write(tmp_path, "broken.json", "[1, 2"), button="Choose a file")
    expect_state(page, "ready")
    shown(page, "faults")
    expect(page.locator("[data-faults] li")).to_contain_text("This is not JSON")
    take_away(page, "broken.json")
    shown(page, "nothing")

    wrong = [{"case": "a", "probability": 2}, {"case": "b"}]
    choose(page, write(tmp_path, "wrong.json", wrong), button="Choose a file")
    shown(page, "faults")
    expect(page.locator("[data-faults] li")).to_have_text(
        ["[0].probability: must be at most 1", "[1].probability: is missing"]
    )
    check_design(page, "faults-1280")
    page.set_viewport_size({"width": 360, "height": 800})
    check_design(page, "faults-360")
    page.set_viewport_size({"width": 1280, "height": 800})
    take_away(page, "wrong.json")

    choose(
        page,
        write(tmp_path, "good.json", [{"case": "a", "probability": 0.5}]),
        button="Choose a file",
    )
    shown(page, "fits")
    check_design(page, "fits")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("good.json", timeout=60_000)
    check_design(page, "evaluation")
    assert Submission.objects.get().file_name == "good.json"
