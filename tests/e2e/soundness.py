"""What makes a page unsound: things out of place, and what axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

FAULTS = (Path(__file__).parent / "faults.js").read_text().partition("*/")[2].strip()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def inaccessible(page: Page) -> Iterator[str]:
    """Name what axe finds on the page as it is now; its script is brought once to each page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate(
        "rules => window.axe.run(document, rules).then(found => found.violations)", RULES
    )
    for rule in found:
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
