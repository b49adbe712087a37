"""Who beats whom by the tests: a square for each ordered pair."""

from app.challenges.ranking.plots.parts import (
    ACCENT,
    STEP,
    Results,
    Spec,
    labeled,
    picture,
    rows_axis,
)


def significance_map(results: Results, scheme: str, task: str) -> Spec:
    """Return rows that beat columns; raises KeyError for a scheme without tests."""
    tests = results["about"]["tests"][scheme][task]
    rows = labeled(results, scheme, task)
    label = dict(rows)
    order = [name for name, _ in rows]
    data = [
        {
            "entry": label[test["better"]],
            "other": test["worse"],
            "p": test["p"],
            "adjusted p": test["adjusted"],
            "significant": "better" if test["significant"] else "not shown to be better",
        }
        for test in tests
    ]
    wins = sum(test["significant"] for test in tests)
    return picture(
        title="Significantly better in pairs",
        description=(
            f"{wins} of {len(tests)} ordered pairs are significant after Holm's correction. "
            "A filled square: the algorithm of the row is better than that of the column."
        ),
        data={"values": data},
        height={"step": STEP},
        width={"step": STEP},
        mark={"type": "rect", "tooltip": {"content": "data"}, "stroke": "#e2e8f0"},
        encoding={
            "y": rows_axis([text for _, text in rows]),
            "x": {
                "field": "other",
                "type": "nominal",
                "sort": order,
                "title": "is better than",
                "axis": {"labelAngle": -90, "domain": False, "ticks": False},
            },
            "color": {
                "field": "significant",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": ["better", "not shown to be better"],
                    "range": [ACCENT, "#f1f5f9"],
                },
                "legend": {"orient": "bottom"},
            },
        },
    )
