"""A combined leaderboard as CSV or JSON."""

import csv
import json
from io import StringIO
from typing import Any

from app.challenges.combined import CombinedPlace, Places, rule_words
from app.challenges.models import CombinedBoard
from app.core.text import safe_cell


def combined_text(board: CombinedBoard, places: Places, *, ending: str) -> str:
    """Return everybody's place, or why there is none."""
    if ending == "json":
        return json.dumps(combined_document(board, places), ensure_ascii=False, indent=1) + "\n"
    buffer = StringIO()
    writer = csv.writer(buffer)
    phases = [f"rank in {part.phase.title}" for part in places.parts]
    writer.writerow(["rank", "value", "entrant", "baseline", *phases, "reason"])
    for one in [*places.ranked, *places.unranked]:
        ranks = [cell.place for cell in one.cells]
        row = [one.rank, one.value, one.entrant.display_name, one.entrant.baseline, *ranks]
        writer.writerow([safe_cell("" if cell is None else cell) for cell in [*row, one.reason]])
    return "\ufeff" + buffer.getvalue()


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
