"""What an organizer does at the pages: clones a challenge, declares its design, opens a phase."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from playwright.sync_api import expect

from tests.e2e.people import Person

DEMO = "Nodule phantom challenge"


def clone_demo(organizer: Person, *, title: str) -> str:
    """Clone the demo's challenge, and return the path of the new one."""
    page = organizer.open("/challenges/")
    organizer.press(DEMO)
    organizer.press("Clone")
    expect(page.get_by_role("main")).to_contain_text("Test archive: Hidden nodule test set")
    organizer.fill(title=title)
    organizer.send("Clone")
    return f"/challenges/{organizer.pk}/"


def first_phase(organizer: Person, challenge: str) -> str:
    """Return the path of a challenge's first phase."""
    page = organizer.open(challenge)
    path = page.get_by_role("link", name="Leaderboard").first.get_attribute("href")
    assert path is not None
    return path


def publish(organizer: Person, challenge: str) -> None:
    """Let everybody who is signed in see the challenge."""
    page = organizer.open(f"{challenge}edit/")
    page.locator("[name=public]").check()
    organizer.send("Save")


def declare(organizer: Person, challenge: str, **items: str) -> None:
    """Declare the design anew; with a reason it is an amendment."""
    organizer.open(f"{challenge}design/edit/")
    organizer.fill(**items)
    organizer.send("Publish the amendment" if "reason" in items else "Save")


def open_phase(organizer: Person, phase: str, **settings: str) -> None:
    """Let a draft take submissions from a minute ago on."""
    opens = datetime.now(UTC) - timedelta(minutes=1)
    organizer.open(f"{phase}edit/")
    organizer.fill(opens_at=f"{opens:%Y-%m-%dT%H:%M}", **settings)
    organizer.send("Save")
    expect(organizer.page.get_by_role("main")).to_contain_text("This phase is ready")


def export(organizer: Person, challenge: str, name: str) -> Any:
    """Download a table, or everything; CSV as one dictionary for each row."""
    answer = organizer.context.request.get(f"{organizer.url}{challenge}export/{name}")
    assert answer.status == 200, name
    if name.endswith(".json"):
        return answer.json()
    return list(csv.DictReader(StringIO(answer.text().removeprefix("\ufeff"))))
