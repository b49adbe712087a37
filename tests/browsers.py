"""The machine's Chromium, as tests start it.

The headless shell takes a third of the processor's time of the whole browser for each window, and
draws with the same engine.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, sync_playwright

from app.accounts.models import User
from config.local.packages import BROWSER
from tests.factories.accounts import sign_in

PROGRAM = next(filter(None, map(shutil.which, BROWSER.programs)), None)
CHROMIUM: dict[str, Any] = {"executable_path": PROGRAM, "args": ["--no-sandbox"]}
"""Arguments of Playwright's ``launch``."""


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
