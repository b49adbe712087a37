"""The design as the BIAS checklist: every item, answered or not."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.challenges.declaration.items import SECTIONS
from app.challenges.declaration.showing import answer_to
from app.challenges.ranking.words import plan_words
from app.core.text import safe_cell

HEADER = ("part", "section", "item", "BIAS item", "stated", "answer")


@dataclass(frozen=True)
class Line:
    """One line of the checklist; ``part`` is the challenge or a phase."""

    part: str
    section: str
    item: str
    bias: str
    answer: str


def checklist(parts: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Return every item of the design and what it says.

    ``parts`` maps a title to a design: the challenge's first, then those of phases. Of phases only
    what they state themselves is listed, for the rest is as in the challenge.
    """
    lines: list[Line] = []
    for number, (part, document) in enumerate(parts.items()):
        for section in SECTIONS:
            for item in section.items:
                if item.name in document:
                    answer = "\n".join(answer_to(item, document[item.name]).lines)
                    lines.append(Line(part, section.title, item.label, item.bias, answer))
                elif number == 0:
                    lines.append(Line(part, section.title, item.label, item.bias, ""))
        lines += _rules_of_plan(part, document)
    return lines


def checklist_csv(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the checklist as CSV that no spreadsheet runs as formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for line in checklist(parts):
        cells = (
            line.part,
            line.section,
            line.item,
            line.bias,
            "yes" if line.answer else "no",
            line.answer,
        )
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def _rules_of_plan(part: str, document: Mapping[str, Any]) -> list[Line]:
    """Return what the checklist asks of missing results and ties, read from the plan."""
    if "ranking_plan" not in document:
        return []
    words = plan_words(document["ranking_plan"])
    missing = " ".join(line for line in words if line.startswith("A missing score"))
    ties = " ".join(line for line in words if line.startswith("Tied entries"))
    name = "Ranking method(s)"
    return [
        Line(part, "Assessment", "Missing results", f"{name}: missing results", missing),
        Line(part, "Assessment", "Ties", f"{name}: ties", ties),
    ]
