"""Passkeys in a real browser: added, used to sign in and to confirm a change, and removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from tests.accounts.looking import faults_of
from tests.chromium import CHROMIUM
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person() -> User:
    return UserFactory(username="grace")


@pytest.fixture
def staff(settings: LazySettings) -> User:
    settings.DEMO = False
    return UserFactory(username="grace", is_staff=True)


@pytest.fixture
def address(live_server: LiveServer, settings: LazySettings) -> str:
    """Passkeys belong to a name, never to a number."""
    settings.DEBUG = False
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """A browser with a device that holds passkeys; fails on anything that the console says."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        page = browser.new_context(base_url=address).new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page
        browser.close()
    assert complaints == []


def sign_in_with_password(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail address").fill("grace")
    page.get_by_label("Password", exact=True).fill("secret")
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator(".menu summary").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def add_passkey(page: Page, name: str, *, alone: bool = True) -> None:
    page.goto("/account/passkeys/add/")
    if page.get_by_role("heading", name="Confirm that it is you").count():
        page.get_by_label("Password", exact=True).fill("secret")
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Sign in with it instead of the password").set_checked(alone)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_from_beginning_to_end(person: User, page: Page) -> None:
    sign_in_with_password(page)
    expect(page.locator(".menu-name")).to_be_visible()
    add_passkey(page, "Work laptop")
    sign_out(page)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".menu-name")).to_be_visible()
    page.goto("/account/security/")
    expect(page.get_by_text("Work laptop")).to_be_visible()
    faults = faults_of(page, "security")
    page.get_by_role("link", name="Passkeys").click()
    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    faults += faults_of(page, "passkeys")
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("link", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    faults += faults_of(page, "confirm-by-passkey")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Rename passkey")).to_be_visible()
    faults += faults_of(page, "passkey-rename")
    page.get_by_label("Name").fill("Laptop at home")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Laptop at home")).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("heading", name="Remove passkey")).to_be_visible()
    faults += faults_of(page, "passkey-remove")
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("No passkeys yet")).to_be_visible()
    assert faults == []
    page.goto("/account/security/")
    expect(page.get_by_role("link", name="Add a passkey")).to_be_visible()


def test_a_passkey_as_second_factor_and_before_changes(
    person: User, page: Page, settings: LazySettings
) -> None:
    sign_in_with_password(page)
    add_passkey(page, "Key", alone=False)
    sign_out(page)
    sign_in_with_password(page)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".menu-name")).to_be_visible()
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    page.goto("/account/passkeys/add/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("link", name="Use a passkey").click()
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()


def test_staff_keep_their_last_passkey(staff: User, page: Page) -> None:
    sign_in_with_password(page)
    add_passkey(page, "The only one")
    page.goto("/account/passkeys/")
    path = page.get_by_role("link", name="Remove").get_attribute("href")
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_text("this passkey is your last one")).to_be_visible()
    script = """path => fetch(path, {method: "POST", body: new URLSearchParams({
      csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value,
    })})"""
    page.evaluate(script, path)
    page.goto("/account/passkeys/")
    expect(page.get_by_role("cell", name="The only one")).to_be_visible()
