"""What de-identification did to the files of an import, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.images.deidentify import REASONS
from app.images.models import DeidentificationSettings, Import

_ACTIONS = {"removed": "Removed", "replaced": "Replaced", "kept": "Kept"}
_SHOWN = 400


@dataclass(frozen=True)
class Line:
    """One attribute, what was done with it, why, and how often."""

    attribute: str
    action: str
    reason: str
    count: int


@dataclass(frozen=True)
class Removed:
    """The report of one import; the values that were removed are in no report."""

    files: int
    totals: Sequence[tuple[str, int]]
    options: Sequence[str]
    edition: str
    lines: Sequence[Line]
    more: int


def told_report(source: Import) -> Removed | None:
    """Return the report in words; nothing where no file was DICOM."""
    report: dict[str, Any] = source.deidentification
    if not report:
        return None
    rows = report.get("attributes", [])
    labels = dict(DeidentificationSettings.Option.choices)
    return Removed(
        files=report.get("files", 0),
        totals=[(_ACTIONS[key], report["totals"].get(key, 0)) for key in _ACTIONS],
        options=[str(labels.get(option, option)) for option in report.get("options", [])],
        edition=report.get("edition", ""),
        lines=[
            Line(
                attribute=row["attribute"],
                action=_ACTIONS.get(row["action"], row["action"]),
                reason=REASONS.get(row["reason"], row["reason"]),
                count=row["count"],
            )
            for row in rows[:_SHOWN]
        ],
        more=max(0, len(rows) - _SHOWN) + report.get("omitted", 0),
    )
