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
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    for rule in found["violations"]:
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
