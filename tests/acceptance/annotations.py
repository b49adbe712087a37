"""Nothing that was acknowledged is lost, and nothing overwritten, whatever dies meanwhile.

Two readers make 200 edits of the same marks in real browsers, while the web process and browsers
are killed and lines are cut at random. Needs a browser and a built front end. The record names the
seed (another one: HOUNSFIELD_SEED), and how often what died.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

EDITS = 200
EVERY = 8
"""Something dies about once in so many edits."""


def run(record: dict[str, Any]) -> None:
    """Let two people work for an evening, then hold what is kept against what was said."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import tests.plugin  # noqa: F401 - starts the database server

    seed = int(os.environ.get("HOUNSFIELD_SEED", "8"))
    record |= {"seed": seed, "edits": EDITS}
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        _work(Path(folder), seed, record)
    for what in ("web process killed", "browsers killed", "lines cut", "conflicts shown"):
        if record[what] < 2:
            raise AssertionError(f"Too little of “{what}” to say anything: another seed")


def _work(folder: Path, seed: int, record: dict[str, Any]) -> None:
    from playwright.sync_api import sync_playwright

    from tests.viewer.browser.desk import running_desk
    from tests.viewer.browser.killing import check, evening_of

    with (
        running_desk(folder / "desk") as desk,
        sync_playwright() as playwright,
        evening_of(desk, playwright, folder, seed) as evening,
    ):
        evening.work(EDITS, every=EVERY)
        evening.settle()
        record |= check(evening)
