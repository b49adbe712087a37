"""A phase's leaderboard as CSV or JSON."""

import json
from collections.abc import Iterator
from typing import Any

from app.challenges.leaderboards.columns import columns_of
from app.challenges.leaderboards.rankings import as_places, name_rows, placed, with_places
from app.challenges.models import Phase, Ranking
from app.challenges.policies import CHALLENGES
from app.challenges.selectors import ranked_in
from app.core.tables import csv_text


def board_text(user: Any, phase: Phase, ranking: Ranking | None, *, ending: str) -> str:
    """Return the places: scores in full to organizers, as the page shows them to others."""
    found = list(_rows(user, phase, ranking))
    if ending == "json":
        titles = [{"title": one.title, "better": one.direction} for one in columns_of(phase)]
        head = {"phase": str(phase.pk), "title": phase.title, "score_title": phase.score_title}
        whole = {**head, "direction": phase.direction, "columns": titles, "places": found}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    names = ("rank", "plausible_ranks", "entrant", "baseline", "score")
    return csv_text(
        [*names, *(one.title for one in columns_of(phase)), "evaluated"],
        ([*(row[name] for name in names), *row["columns"], row["evaluated"]] for row in found),
    )


def _rows(user: Any, phase: Phase, ranking: Ranking | None) -> Iterator[dict[str, Any]]:
    full = CHALLENGES.allows(user, phase.challenge, "change")
    rows: Any = placed(ranked_in(phase), ranking=ranking)
    rows = rows.order_by("place", "finished_at")
    found = list(with_places(rows, phase=phase, ranking=ranking))
    name_rows(user, found, phase=phase)
    for shown in as_places(found, phase=phase, ranking=ranking):
        row: Any = shown.row
        entrant = shown.entrant
        yield {
            "rank": row.place,
            "plausible_ranks": getattr(row, "tier", None) or "",
            "entrant": entrant.display_name,
            "baseline": entrant.baseline,
            "score": row.score if full else shown.score,
            "columns": [cell.full if full else cell.shown for cell in shown.cells],
            "evaluated": row.finished_at.isoformat() if row.finished_at else None,
        }
