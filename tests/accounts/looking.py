"""What is wrong with a page, as people see it at a desk and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.soundness import FAULTS, inaccessible
from tests.sampling import in_ci_one

WIDTHS = (1280, 360)
_BROKEN = "() => [...document.images].filter(i => !i.naturalWidth).map(i => i.src)"


def faults_of(page: Page, name: str) -> list[str]:
    """Return what does not fit, is unnamed, broken or inaccessible, at each width.

    PEOPLE_PICTURES names a folder for pictures of what was looked at.
    """
    found, folder = [], os.environ.get("PEOPLE_PICTURES")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        faults = list(page.evaluate(FAULTS))
        faults += page.evaluate(_BROKEN)
        if width in in_ci_one(name, WIDTHS):
            faults += list(inaccessible(page))
        found += [f"{name} at {width}: {fault}" for fault in faults]
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    return found
