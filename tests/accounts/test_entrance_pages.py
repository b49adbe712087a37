"""The pages that only a link, a provider or bad luck leads to: sound, and in our words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.accounts.looking import faults_of
from tests.accounts.test_single_sign_on import Provider, provider, through
from tests.chromium import CHROMIUM
from tests.factories.accounts import UserFactory, sign_in

__all__ = ["provider"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Look = tuple[str, str, int, str, str]
"""Name, path, status, what the page says, and the session of who looks."""


@pytest.fixture
def looks(live_server: LiveServer, provider: Provider, fresh_limits: None) -> list[Look]:
    elsewhere, connected = Client(), sign_in(Client(), UserFactory(username="ada"))
    through(elsewhere)
    _connect(connected)
    return [
        ("confirm", _link_of_sign_up(), 200, "Confirm", ""),
        ("reset", _link_of_reset(), 200, "password", ""),
        ("reset-used", "/password/reset/1-no-such/", 200, "link", ""),
        (
            "set-password",
            "/account/password/set/",
            200,
            "Choose a password",
            _without_password(provider),
        ),
        ("elsewhere", "/sign-up/elsewhere/", 200, "One last step", _session(elsewhere)),
        (
            "refused-elsewhere",
            "/sign-in/oidc/clinic/back/?state=forged&code=c",
            401,
            "You were not signed in",
            "",
        ),
        ("connected", "/account/sign-ins/", 200, "The Clinic", _session(connected)),
    ]


@pytest.fixture
def fresh_limits() -> None:
    """Tries are counted in the cache, also those of other tests."""
    cache.clear()


def test_every_page_of_the_entrance_is_sound(live_server: LiveServer, looks: list[Look]) -> None:
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = _chromium(playwright)
        for name, path, status, words, session in looks:
            context = browser.new_context()
            if session:
                where = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
                context.add_cookies([{**where, "value": session}])
            page = context.new_page()
            answer = page.goto(live_server.url + path)
            found += [f"{name}: {answer.status}"] if answer.status != status else []
            if words not in page.locator("main").inner_text():
                found.append(f"{name} does not say {words}")
            found += faults_of(page, f"entrance-{name}")
            context.close()
        browser.close()
    assert found == []


def test_a_closed_door_and_too_many_tries(
    live_server: LiveServer, settings: LazySettings, fresh_limits: None
) -> None:
    settings.SIGN_UP_OPEN = False
    UserFactory(username="grace")
    with sync_playwright() as playwright:
        page = _chromium(playwright).new_page()
        page.goto(f"{live_server.url}/sign-up/")
        assert "closed" in page.locator("main").inner_text()
        found = faults_of(page, "entrance-closed")
        for _ in range(40):
            page.goto(f"{live_server.url}/password/reset/")
            page.locator("main input[name=email]").fill("grace@example.org")
            with page.expect_navigation() as sent:
                page.get_by_role("main").get_by_role("button").first.click()
            if sent.value.status == 429:
                break
        assert sent.value.status == 429
        found += faults_of(page, "entrance-too-many")
    assert found == []


def _chromium(playwright: Any) -> Any:
    return playwright.chromium.launch(**CHROMIUM)


def _session(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _link_of_sign_up() -> str:
    given = {"username": "edith", "email": "edith@example.org"}
    password = "a quite long sentence of words"
    Client().post("/sign-up/", {**given, "password1": password, "password2": password})
    return _link(mail.outbox[-1].body)


def _link_of_reset() -> str:
    Client().post("/password/reset/", {"email": UserFactory(username="grace").email})
    return _link(mail.outbox[-1].body)


def _link(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found is not None
    return found[1]


def _without_password(provider: Provider) -> str:
    """Somebody who came from elsewhere and has no password here."""
    client = Client()
    provider.person |= {"sub": "43", "email": "lise@example.org"}
    through(client)
    client.post("/sign-up/elsewhere/", {"username": "lise", "email": "lise@example.org"})
    return _session(client)


def _connect(client: Client) -> None:
    sent = client.post("/sign-in/oidc/clinic/?process=connect")["Location"]
    state = re.search(r"state=([^&]+)", sent)
    assert state is not None
    client.get("/sign-in/oidc/clinic/back/", {"code": "c", "state": state[1]})
