"""The podium: what it tells, in a sentence and as a table."""

from typing import Any

from app.challenges.ranking.pictures.asked import Asked, Table, counted, listed, most
from app.challenges.ranking.plots import podium
from app.challenges.ranking.plots.parts import MOST_ENTRIES, Spec

TITLE = "Podium"
READING = (
    "Every dot is one entry in one case, above the place it had there; a line joins the dots of a "
    "case. The bars below count how often each entry had each place. Equal scores have places of "
    "their own here, in the order of the ranking."
)


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return podium(asked.results, asked.scheme, asked.cases, asked.plan)


def finding(asked: Asked, drawn: Spec) -> str:
    """Say who stands highest most often."""
    bars = _bars(drawn)
    total = sum(row["cases"] for row in bars if row["place"] == 1)
    best, cases = most((row["entry"], row["cases"]) for row in bars if row["place"] == 1)
    stand = "stands" if len(best) == 1 else "each stand"
    among = f" among the best {MOST_ENTRIES}" if asked.ranked > MOST_ENTRIES else ""
    return f"{listed(best)} {stand} highest in {int(cases)} of {counted(total, 'case')}{among}."


def table(asked: Asked, drawn: Spec) -> Table:
    """Return entries x places."""
    counts: dict[str, dict[int, int]] = {}
    for row in _bars(drawn):
        counts.setdefault(row["entry"], {})[row["place"]] = row["cases"]
    places = range(1, len(counts) + 1)
    rows = [
        [name, *(str(of_place[place]) for place in places)] for name, of_place in counts.items()
    ]
    return Table(("Entry", *(f"Place {place}" for place in places)), rows)


def _bars(drawn: Spec) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drawn["vconcat"][1]["data"]["values"]
    return found
