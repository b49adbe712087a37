"""Every page as people see it: complete, accessible, fitting every width; a picture of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page, expect

from tests.e2e.looking import Viewer
from tests.e2e.not_visited import NO_PAGES, POST_ONLY
from tests.e2e.people import People
from tests.e2e.portal import Portal
from tests.e2e.samples import Samples
from tests.e2e.sitemap import DESK, VISITS, Visit
from tests.e2e.soundness import FAULTS, inaccessible
from tests.e2e.world import World
from tests.sampling import CI, chosen, in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.timeout(600)]

HEIGHT = 860
LOOKED_AT = [visit for visit in VISITS if chosen(visit.name, one_of=3)]
WORDS = {
    "UUIDConverter": UUID(int=7),
    "IntConverter": 7,
    "SlugConverter": "archive",
    "StringConverter": "word",
}
LOAD_IMAGES = """() => Promise.all([...document.images].map(image => {
  image.loading = "eager";
  return image.decode().then(() => null, () => image.currentSrc);
})).then(found => found.filter(Boolean))"""


@pytest.fixture(scope="module")
def places(portal: Portal, samples: Samples) -> dict[str, str]:
    return World(portal=portal, samples=samples).build()


@pytest.mark.parametrize("visit", LOOKED_AT, ids=lambda visit: visit.name)
def test_a_page_is_sound_at_every_width(
    visit: Visit, people: People, places: dict[str, str], screenshots: Path, tmp_path: Path
) -> None:
    person = people[visit.person]
    people.complaints.clear()
    page = person.page
    page.set_viewport_size({"width": visit.widths[0], "height": HEIGHT})
    answer = page.goto(person.url + visit.path.format(**places), wait_until="load")
    assert answer is not None
    assert answer.status == visit.status
    viewer = Viewer(page) if visit.viewer else None
    faults = []
    for width in visit.widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        settle(page, viewer)
        if viewer is not None and visit.picture == "viewer" and width == DESK:
            viewer.show_overlay()
        faults += [f"{width}: {fault}" for fault in page.evaluate(FAULTS)]
        if width in in_ci_one(visit.name, tuple(visit.widths)):
            faults += [f"{width}: {fault}" for fault in inaccessible(page)]
        take_pictures(page, visit, width=width, folder=screenshots)
    assert faults == []
    assert page.evaluate(LOAD_IMAGES) == []
    expected = [] if visit.status == 200 else [f"{visit.status}"]
    unexpected = [line for line in people.complaints if not any(code in line for code in expected)]
    assert unexpected == []


def test_every_route_is_visited_or_has_a_reason() -> None:
    visited = {visit.route for visit in VISITS}
    found = routes_in(get_resolver().url_patterns)
    routes = {name for name, _, path in found if not path.startswith("api/v1/")}
    assert routes - visited - POST_ONLY - set(NO_PAGES) == set()
    gone = (visited | POST_ONLY | set(NO_PAGES)) - routes
    assert gone == set()


@pytest.mark.parametrize("route", sorted(POST_ONLY))
def test_what_only_takes_posts_refuses_to_be_opened(route: str, people: People) -> None:
    found = routes_in(get_resolver().url_patterns)
    pattern = next(pattern for name, pattern, _ in found if name == route)
    words = {name: WORDS[type(kind).__name__] for name, kind in pattern.pattern.converters.items()}
    assert people["admin"].status_of(reverse(route, kwargs=words)) == 405


def settle(page: Page, viewer: Viewer | None) -> None:
    """Wait until fonts are there and the page has been drawn at its new width."""
    if viewer is not None:
        viewer.wait("viewer.complete")
        if page.locator("#viewer-panel").count():
            expect(page.locator("#reading-panel")).to_be_visible()
    page.evaluate(
        "document.fonts.ready.then(() => new Promise(done =>"
        " requestAnimationFrame(() => requestAnimationFrame(done))))"
    )


def take_pictures(page: Page, visit: Visit, *, width: int, folder: Path) -> None:
    """Save the whole page at this width; for the documentation what a desk's screen shows of it.

    Nobody looks at those of CI.
    """
    if CI:
        return
    if not os.environ.get("HOUNSFIELD_SCREENSHOTS"):
        page.screenshot(path=folder / f"{visit.name}-{width}.png", full_page=not visit.viewer)
    elif visit.picture and width in visit.pictured:
        suffix = "" if width == DESK else f"-{width}"
        page.screenshot(path=folder / f"{visit.picture}{suffix}.png", caret="initial")


def routes_in(
    patterns: list[URLPattern | URLResolver], *, space: str = "", below: str = ""
) -> Iterator[tuple[str, URLPattern, str]]:
    """Every route as (name with its namespace, pattern, path)."""
    for pattern in patterns:
        path = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes_in(pattern.url_patterns, space=inner, below=path)
        else:
            yield f"{space}{pattern.name}", pattern, path
