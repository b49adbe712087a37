"""The list of view sessions and the operator's table of viewer servers in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.test import Client
from numpy.typing import NDArray
from playwright.sync_api import Page, expect, sync_playwright

from app.accounts.models import User
from app.core.ids import new_id
from config.asgi import application
from tests.chromium import CHROMIUM
from tests.e2e.soundness import FAULTS, inaccessible
from tests.factories.accounts import sign_in
from tests.servers import asgi_server
from tests.viewer.conftest import MakeImage
from viewer.models import ViewerProcess
from viewer.servers import ViewerServer
from viewer.services import open_session, run_session, stop_session
from viewer.services.placing import ALIVE, hear_viewer
from viewer.services.sessions import STOPPED_BY_READER

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sent"),
]
WIDTHS = (1440, 390)
PICTURES = os.environ.get("HOUNSFIELD_PICTURES", "")


@dataclass
class Site:
    """Where the pages are, and the cookie of a reader who is staff too."""

    address: str
    cookie: str


@pytest.fixture
def site(
    settings: Any, reader: User, make_image: MakeImage, volume: NDArray[np.int16]
) -> Iterator[Site]:
    settings.VIEWER_SERVERS = [
        ViewerServer(name="hall", origin="wss://hall.example.org"),
        ViewerServer(name="tokyo", origin="wss://tokyo.example.org", region="asia", token="t" * 32),
    ]
    User.objects.filter(pk=reader.pk).update(is_staff=True, is_superuser=True)
    for name in ("hall", "tokyo"):
        hear_viewer(new_id(), server=name, sessions=(), sockets=3)
    names = ("Thorax CT, inspiration", "Abdomen", "A name that is as long as names may be " * 3)
    for name in names:
        session, _ = open_session(user=reader, source="image", pk=make_image(volume, name=name).pk)
        run_session(session)
    stop_session(session, reason=STOPPED_BY_READER)
    silent = ViewerProcess.objects.get(server="tokyo")
    silent.last_seen -= 2 * ALIVE
    silent.save()
    cookie = sign_in(Client(), reader).cookies[django_settings.SESSION_COOKIE_NAME].value
    with asgi_server(application, websockets=True) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        settings.CSRF_TRUSTED_ORIGINS = [address]
        yield Site(address, cookie)


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        context = browser.new_context()
        name = django_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": site.cookie, "url": site.address}])
        yield context.new_page()
        browser.close()


def test_sessions_are_seen_and_stopped(page: Page, site: Site) -> None:
    faults = []
    for path in ("/view/sessions/", "/operations/"):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(site.address + path)
            if PICTURES:
                name = f"{path.strip('/').replace('/', '-')}-{width}.png"
                page.screenshot(path=Path(PICTURES) / name, full_page=True)
            faults += [f"{path} {width}: {fault}" for fault in page.evaluate(FAULTS)]
            faults += [f"{path} {width}: {fault}" for fault in inaccessible(page)]
    lost = page.locator("[data-viewer-server=tokyo]")
    expect(lost).to_contain_text("Lost")
    expect(page.locator("[data-viewer-server=hall]")).to_contain_text("Working")
    page.goto(site.address + "/")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("summary", has_text="Account menu").click()
    page.get_by_role("link", name="View sessions").click()
    row = page.get_by_role("row", name="Abdomen")
    row.get_by_role("button", name="Stop Abdomen").click()
    expect(page.get_by_role("row", name="Abdomen")).to_contain_text("You stopped")
    assert faults == []
