"""Windows of the machine's Chromium in which somebody is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, sync_playwright

from app.accounts.models import User
from tests.chromium import CHROMIUM
from tests.factories.accounts import sign_in


@contextmanager
def signed_in(user: User, url: str) -> Iterator[BrowserContext]:
    """Give a browser's window in which ``user`` is signed in to the portal at ``url``."""
    name = settings.SESSION_COOKIE_NAME
    value = sign_in(Client(), user).cookies[name].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": url}])
        yield context
        browser.close()
