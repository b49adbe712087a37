"""The pages of signing up, in and securing an account in a real browser, at a desk and a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.accounts.looking import faults_of
from tests.chromium import CHROMIUM
from tests.factories.accounts import UserFactory, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ENTRY = {
    "sign-in": "/sign-in/",
    "sign-up": "/sign-up/",
    "sign-up-sent": "/sign-up/confirm/",
    "old-link": "/sign-up/confirm/nothing/",
    "closed": "/sign-in/closed/",
    "reset": "/password/reset/",
    "reset-sent": "/password/reset/sent/",
    "reset-old-link": "/password/reset/1-nothing/",
    "reset-done": "/password/reset/done/",
    "cancelled": "/sign-in/elsewhere/cancelled/",
}
SECURITY = {
    "security": "/account/security/",
    "reauthenticate": "/account/reauthenticate/",
    "e-mail": "/account/e-mail/",
    "password": "/account/password/",
    "sessions": "/account/sessions/",
    "app": "/account/second-factor/app/",
    "passkeys": "/account/passkeys/",
    "passkeys-add": "/account/passkeys/add/",
    "connections": "/account/sign-ins/",
}
WITH_FACTORS = {
    "security-set": "/account/security/",
    "reauthenticate-code": "/account/reauthenticate/code/",
    "app-remove": "/account/second-factor/app/remove/",
    "codes": "/account/second-factor/codes/",
    "codes-new": "/account/second-factor/codes/new/",
}


@pytest.fixture
def sessions() -> dict[str, str]:
    """Somebody new, and somebody with an app; made before a browser brings its loop."""
    new, careful = UserFactory(username="grace"), UserFactory(username="ada")
    for user in (new, careful):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    TOTP.activate(careful, generate_totp_secret())
    RecoveryCodes.activate(careful)
    assert Authenticator.objects.count() == 2
    return {
        "new": session_of(sign_in(Client(), new)),
        "careful": session_of(sign_in(Client(), careful)),
    }


def session_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**CHROMIUM)
        yield opened
        opened.close()


def page_of(browser: Any, url: str, session: str = "") -> Page:
    context = browser.new_context(base_url=url)
    if session:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    page: Page = context.new_page()
    page.set_default_timeout(8000)
    return page


@pytest.mark.parametrize(
    ("who", "pages"), [("", ENTRY), ("new", SECURITY), ("careful", WITH_FACTORS)]
)
def test_every_page_is_sound(
    live_server: LiveServer, sessions: dict[str, str], browser: Any, who: str, pages: dict[str, str]
) -> None:
    page, found = page_of(browser, live_server.url, sessions.get(who, "")), []
    for name, path in pages.items():
        answer = page.goto(path)
        assert answer is not None
        assert (answer.status, page.url) == (200, live_server.url + path)
        found += faults_of(page, name)
    assert found == []


def test_on_the_way(live_server: LiveServer, sessions: dict[str, str], browser: Any) -> None:
    page = page_of(browser, live_server.url)
    page.goto("/sign-up/")
    page.get_by_label("User name", exact=True).fill("admin")
    page.get_by_role("button", name="Make account").click()
    found = [*faults_of(page, "sign-up-errors")]
    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password", exact=True).fill("secret")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Second factor").wait_for()
    found += faults_of(page, "second-factor")
    assert found == []
