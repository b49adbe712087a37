"""The pages of endpoints in a real browser: sound at every width, and changed at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings

from app.accounts.models import User
from app.core.states import transition
from app.execution.models import Endpoint, Job
from app.execution.services.endpoints import stop_endpoint
from config.asgi import application
from tests.chromium import CHROMIUM
from tests.e2e.soundness import FAULTS, inaccessible
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm, make_call, make_endpoint, make_run
from tests.factories.algorithms import make_version as version_of
from tests.factories.archives import make_archive, make_item
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
State = Endpoint.State
WIDTHS = (1280, 360)
PICTURES = os.environ.get("HOUNSFIELD_PICTURES", "")
LISTENING = """
window.heard = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (event) => window.heard.push(String(event.data)));
  }
};
"""
"""Keeps what sockets of a page hear in ``heard``."""


@dataclass
class World:
    """What the pages show, made before the browser brings its event loop."""

    user: User
    cookie: str
    pages: dict[str, str]
    endpoint: Endpoint
    run: Job


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    with asgi_server(application, websockets=True) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        settings.CSRF_TRUSTED_ORIGINS = [address]
        yield address


@pytest.fixture
def world(site: str) -> World:
    user, other = UserFactory(), UserFactory()
    facts = {"public": True, "versions": 0}
    offered = make_algorithm(editor=other, title="Nodule finder", **facts)
    version_of(offered, serves=True)
    warm = version_of(make_algorithm(editor=user, title="Fast finder", **facts), serves=True)
    archive = make_archive(editor=user)
    found = make_endpoint(warm, creator=user)
    for number in range(3):
        call = make_call(found, item=make_item(archive, title=f"Thorax {number}"))
        Job.objects.filter(pk=call.job_id).update(
            record={"timings": {"executing": 0.08 + number / 10}},
            started_at=timezone.now() - timedelta(seconds=1),
            finished_at=timezone.now(),
        )
    waiting = make_endpoint(warm, creator=user, state=State.QUEUED)
    failed = make_endpoint(
        warm, creator=user, state=State.FAILED, reason="The container was not ready after 5 min."
    )
    item = make_item(archive, title="Abdomen")
    run = make_run(offered, creator=user, item=item, state=Job.State.PARSING)
    return World(
        user=user,
        cookie=sign_in(Client(), user).cookies[django_settings.SESSION_COOKIE_NAME].value,
        pages={
            "offer": f"/algorithms/{offered.pk}/",
            "warm": f"/algorithms/{warm.algorithm_id}/",
            "version": f"/algorithms/versions/{warm.pk}/",
            "endpoint": f"/algorithms/endpoints/{found.pk}/",
            "waiting": f"/algorithms/endpoints/{waiting.pk}/",
            "failed": f"/algorithms/endpoints/{failed.pk}/",
            "list": "/algorithms/endpoints/",
            "empty": "/algorithms/endpoints/?q=nothing",
            "run": f"/algorithms/runs/{call.pk}/",
            "runs": "/algorithms/runs/",
            "try-out": f"/algorithms/{warm.algorithm_id}/run/?archive={archive.pk}",
            "live-run": f"/algorithms/runs/{run.pk}/",
        },
        endpoint=found.endpoint,
        run=run.job,
    )


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, world: World, site: str) -> Iterator[Page]:
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": world.cookie, "url": site}])
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def in_thread(act: Callable[[], Any]) -> None:
    """Change something where no event loop runs."""

    def work() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=30)


def test_every_page_is_sound(page: Page, world: World, site: str) -> None:
    faults = []
    for name, path in world.pages.items():
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(site + path)
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
            faults += [f"{name} {width}: {fault}" for fault in page.evaluate(FAULTS)]
            faults += [f"{name} {width}: {fault}" for fault in inaccessible(page)]
    assert faults == []


def test_the_end_of_a_run_is_seen_at_once(page: Page, world: World, site: str) -> None:
    """The page asks every second anyway, so the socket itself is listened to."""
    page.add_init_script(LISTENING)
    page.goto(site + world.pages["live-run"])
    page.wait_for_function("() => window.heard.some((text) => text.includes('PARSING'))")
    expect(page.locator("#run-live")).to_contain_text("Reading results")
    in_thread(lambda: transition(world.run, Job.State.SUCCEEDED))
    page.wait_for_function("() => window.heard.length > 1")
    expect(page.get_by_text("Succeeded").first).to_be_visible()


def test_an_endpoint_that_stops_says_so(page: Page, world: World, site: str) -> None:
    page.goto(site + world.pages["endpoint"])
    expect(page.get_by_text("Warm", exact=True).first).to_be_visible()
    in_thread(lambda: stop_endpoint(actor=None, endpoint=world.endpoint, reason="It was enough."))
    expect(page.locator("[data-reason]")).to_have_text("It was enough.", timeout=4000)
