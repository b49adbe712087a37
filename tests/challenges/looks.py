"""How a page of a challenge looks on a desk and on a phone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from app.accounts.models import User
from tests.browsers import signed_in
from tests.design.test_browser import STANDS_OUT, TOO_SMALL
from tests.e2e.soundness import inaccessible

WIDTHS = (1280, 360)


def wrong_on(page: Page, name: str) -> dict[str, Any]:
    """Return by width what is not accessible, stands out of the page, or is too small."""
    found: dict[str, Any] = {}
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        faults = (list(inaccessible(page)), page.evaluate(STANDS_OUT), page.evaluate(TOO_SMALL))
        if any(faults):
            found[f"{name} {width}"] = faults
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    return found


@contextmanager
def watched_page(user: User, address: str) -> Iterator[Page]:
    """Open a page as somebody; an error in a script of it fails the test."""
    errors: list[str] = []
    with signed_in(user, address) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []
