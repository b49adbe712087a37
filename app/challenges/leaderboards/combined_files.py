"""A combined leaderboard as CSV or JSON."""

import json
from typing import Any

from app.challenges.leaderboards.combined import CombinedPlace, Places, rule_words
from app.challenges.models import CombinedBoard
from app.core.tables import csv_text


def combined_text(board: CombinedBoard, places: Places, *, ending: str) -> str:
    """Return everybody's place, or why there is none."""
    if ending == "json":
        return json.dumps(combined_document(board, places), ensure_ascii=False, indent=1) + "\n"
    names = ("rank", "value", "entrant", "baseline")
    phases = [f"rank in {part.phase.title}" for part in places.parts]
    rows = map(_place, [*places.ranked, *places.unranked])
    return csv_text(
        [*names, *phases, "reason"],
        ([*(row[name] for name in names), *row["ranks"], row["reason"]] for row in rows),
    )


def combined_document(board: CombinedBoard, places: Places) -> dict[str, Any]:
    """Return the board with its rules, phases and places as JSON may hold them."""
    return {
        "title": board.title,
        "rule": board.rule,
        "missing": board.missing,
        "words": rule_words(board, places.parts),
        "problem": places.problem,
        "phases": [
            {"pk": str(part.phase_id), "title": part.phase.title, "weight": part.weight}
            for part in places.parts
        ],
        "places": [_place(one) for one in [*places.ranked, *places.unranked]],
    }


def _place(one: CombinedPlace) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "value": one.value,
        "entrant": one.entrant.display_name,
        "baseline": one.entrant.baseline,
        "ranks": [cell.place for cell in one.cells],
        "reason": one.reason,
    }
