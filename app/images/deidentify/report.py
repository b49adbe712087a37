"""What was done to which attribute and why; never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["removed", "replaced", "kept"]

REASONS: dict[str, str] = {
    "profile": "The confidentiality profile says so.",
    "option": "An option of the archive says so.",
    "needed": "The image cannot be read or placed without it.",
    "unlisted": "Nothing says that this attribute is safe, so it goes.",
    "private": "Attributes of a manufacturer's own are not described publicly.",
    "safe-private": "A manufacturer's attribute that is known to be safe or needed for geometry.",
    "unreadable": "The value could not be read as what it should be.",
    "unlisted-code": "A code of no known coding scheme may be free text.",
    "required": "De-identified objects must state it.",
    "metadata": "Comments and descriptions of the file are not needed for the image.",
}
"""Why something was done -> a sentence for people."""

MOST_ENTRIES = 2000
"""A report has at most so many entries; what comes later is only counted."""


@dataclass(slots=True)
class Report:
    """Counts per attribute, action and reason, over any number of files.

    Attributes are named by keyword, nested ones by the path of keywords without item numbers;
    unknown ones by their tag. Reasons are keys of `REASONS`.
    """

    files: int = 0
    entries: Counter[tuple[str, Action, str]] = field(default_factory=Counter)
    totals: Counter[Action] = field(default_factory=Counter)
    omitted: int = 0

    def add(self, attribute: str, action: Action, reason: str, count: int = 1) -> None:
        """Count one thing that was done."""
        self.totals[action] += count
        key = (attribute, action, reason)
        if key in self.entries or len(self.entries) < MOST_ENTRIES:
            self.entries[key] += count
        else:
            self.omitted += count

    def merge(self, other: Report) -> None:
        """Add the counts of another report."""
        self.files += other.files
        self.omitted += other.omitted
        for action, count in other.totals.items():
            self.totals[action] += count
        for key, count in other.entries.items():
            if key in self.entries or len(self.entries) < MOST_ENTRIES:
                self.entries[key] += count
            else:
                self.omitted += count

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON, removed attributes first."""
        order = {"removed": 0, "replaced": 1, "kept": 2}
        rows = sorted(self.entries.items(), key=lambda row: (order[row[0][1]], row[0]))
        return {
            "files": self.files,
            "totals": {action: self.totals.get(action, 0) for action in ACTIONS},
            "attributes": [
                {"attribute": name, "action": action, "reason": reason, "count": count}
                for (name, action, reason), count in rows
            ],
            "omitted": self.omitted,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Return the report that `as_dict` described."""
        report = cls(files=int(data["files"]), omitted=int(data["omitted"]))
        report.totals.update({action: int(data["totals"].get(action, 0)) for action in ACTIONS})
        for row in data["attributes"]:
            report.entries[row["attribute"], row["action"], row["reason"]] += int(row["count"])
        return report


ACTIONS: tuple[Action, ...] = ("removed", "replaced", "kept")


def merged(reports: Iterable[Report]) -> Report:
    """Return one report over all of `reports`."""
    whole = Report()
    for report in reports:
        whole.merge(report)
    return whole
