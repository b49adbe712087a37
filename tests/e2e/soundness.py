"""What makes a page unsound: things out of place, and what axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.sitemap import DESK, PHONE
from tests.sampling import CI

FAULTS = (Path(__file__).parent / "faults.js").read_text().partition("*/")[2].strip()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# What fades in is looked at once it is there: half of a colour has too little contrast.
AXE = """async ([place, rules]) => {
  const moving = document.getAnimations().filter(
    one => one.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(moving.map(one => one.finished));
  return (await window.axe.run(place, rules)).violations;
}"""
HEIGHT = 860


def inaccessible(page: Page, *, without: str = "") -> Iterator[str]:
    """Name what axe finds on the page as it is now, but in what the selector ``without`` matches.

    Its script is brought once to each page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate(
        AXE,
        [{"exclude": [[without]]} if without else {"include": [["html"]]}, RULES],
    )
    for rule in found:
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"


def look_at(page: Page, name: str, *, folder: Path) -> None:
    """Nothing is out of place at either width, and axe is content; take pictures for people.

    Nobody looks at those of CI.
    """
    faults = []
    for button in page.locator(".toasts").get_by_role("button", name="Dismiss").all():
        button.click()
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if not CI:
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        faults += [f"{name} {width}: {fault}" for fault in page.evaluate(FAULTS)]
        faults += [f"{name} {width}: {fault}" for fault in inaccessible(page)]
    page.set_viewport_size({"width": DESK, "height": HEIGHT})
    assert faults == []
