"""The map of significant pairs: what it tells, in a sentence and as a table."""

from app.challenges.ranking.pictures.asked import Asked, Table, counted, listed, most
from app.challenges.ranking.plots import significance_map
from app.challenges.ranking.plots.parts import Spec

TITLE = "Who beats whom"
READING = (
    "A filled square: the entry of the row is significantly better than that of the column, after "
    "Holm's correction for all pairs. Where neither of two entries has a filled square against the "
    "other, these cases cannot tell them apart."
)


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return significance_map(asked.results, asked.scheme.name, asked.task)


def finding(asked: Asked, drawn: Spec) -> str:
    """Say how many pairs are told apart, and who beats most."""
    better, _ = _sides(asked)
    pairs = len(better) * (len(better) - 1) // 2
    apart = sum(len(beaten) for beaten in better.values())
    if not apart:
        return f"No entry is shown to be better than another: none of {counted(pairs, 'pair')}."
    best, wins = most((name, float(len(beaten))) for name, beaten in better.items())
    verb = "beats" if len(best) == 1 else "each beat"
    return (
        f"{apart} of {counted(pairs, 'pair')} can be told apart; {listed(best)} {verb} "
        f"{int(wins)} of {counted(len(better) - 1, 'other')}."
    )


def table(asked: Asked, drawn: Spec) -> Table:
    """Return for each entry whom it beats and who beats it."""
    better, worse = _sides(asked)
    rows = [
        [name, ", ".join(better[name]) or "nobody", ", ".join(worse[name]) or "nobody"]
        for name in better
    ]
    return Table(("Entry", "Significantly better than", "Significantly worse than"), rows)


def _sides(asked: Asked) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return by entry, in order, whom it beats and who beats it."""
    better: dict[str, list[str]] = {name: [] for name in asked.names}
    worse: dict[str, list[str]] = {name: [] for name in asked.names}
    tests = asked.results["about"]["tests"][asked.scheme.name][asked.task]
    for test in tests:
        if test["significant"]:
            better[test["better"]].append(test["worse"])
            worse[test["worse"]].append(test["better"])
    return better, worse
