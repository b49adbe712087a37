"""The ranks in resamples: what they tell, in a sentence and as a table."""

from app.challenges.ranking.pictures.asked import Asked, Table, listed, most, number, percent
from app.challenges.ranking.plots import blob_plot
from app.challenges.ranking.plots.parts import Spec, in_order

TITLE = "How sure the ranks are"
READING = (
    "The cases are drawn again many times: the larger a dot, the more often the entry had that "
    "rank. The line is the interval of plausible ranks, the cross the rank by all cases. Where "
    "the lines of two entries overlap, these cases may not decide which is better."
)


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return blob_plot(asked.results, asked.scheme.name, asked.task)


def finding(asked: Asked, drawn: Spec) -> str:
    """Say who is first, or who cannot be told apart there, and how often who wins."""
    ranked = in_order(asked.all_results, asked.scheme.name, asked.task)
    first_band = asked.entries[ranked[0]]["band"]
    together = [name for name in ranked if asked.entries[name]["band"] == first_band]
    if len(together) == 1:
        said = f"{together[0]} alone can be first: all others have someone who is clearly better."
    elif len(together) == asked.ranked:
        said = f"No entry can be told apart from the first: {listed(together)}."
    else:
        said = f"{listed(together)} cannot be told apart at the top."
    best, share = most(_wins(asked).items())
    return f"{said} {listed(best)} came first in {percent(share)} of the draws."


def table(asked: Asked, drawn: Spec) -> Table:
    """Return for each entry its rank, the interval and what the draws gave."""
    wins = _wins(asked)
    rows = []
    for name in asked.names:
        entry, ranks = asked.entries[name], asked.stability["ranks"][name]
        usual, share = max(ranks, key=lambda pair: pair[1])
        rows.append(
            [
                name,
                number(entry["rank"]),
                entry["tier"] or "–",
                f"{usual:g} ({percent(share)})",
                percent(wins[name]),
            ]
        )
    return Table(("Entry", "Rank", "Plausible ranks", "Most frequent rank", "Came first"), rows)


def _wins(asked: Asked) -> dict[str, float]:
    winner = asked.stability["winner"]
    return {name: winner[name] for name in asked.names}
