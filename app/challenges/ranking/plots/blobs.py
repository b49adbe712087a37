"""The ranks that resamples gave: blobs as large as the share of draws, with the interval."""

from app.challenges.ranking.plots.parts import (
    ACCENT,
    INK,
    STEP,
    Results,
    Spec,
    labeled,
    picture,
    rows_axis,
)


def blob_plot(results: Results, scheme: str, task: str) -> Spec:
    """Return entries x ranks; raises KeyError for results without a bootstrap."""
    ranks = results["about"]["stability"][scheme][task]["ranks"]
    entries = results[scheme][task]
    rows = labeled(results, scheme, task)
    blobs = [
        {"entry": label, "rank": rank, "share": share}
        for name, label in rows
        for rank, share in ranks[name]
    ]
    whole = [
        {"entry": label, "rank": entries[name]["rank"]}
        | _ends(entries[name]["interval"] or [entries[name]["rank"]] * 2)
        for name, label in rows
    ]
    draws, level = results["about"]["draws"], results["about"]["level"]
    x = {
        "type": "quantitative",
        "title": "Rank",
        "axis": {"values": _ticks(len(rows)), "format": "d", "grid": True},
        "scale": {"zero": False, "nice": False, "padding": 12},
    }
    return picture(
        title="Ranks in the resamples",
        description=(
            f"For each algorithm the ranks in {draws} bootstrap draws, the larger the more often; "
            f"the line is the {100 * level:g} % interval, the cross the rank by all cases."
        ),
        height={"step": STEP},
        width=480,
        encoding={"y": rows_axis([label for _, label in rows])},
        layer=[
            {
                "data": {"values": whole},
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
                "encoding": {"x": {"field": "best", **x}, "x2": {"field": "worst"}},
            },
            {
                "data": {"values": blobs},
                "mark": {"type": "circle", "color": ACCENT, "opacity": 0.6, "tooltip": True},
                "encoding": {
                    "x": {"field": "rank", **x},
                    "size": {
                        "field": "share",
                        "type": "quantitative",
                        "title": "Share of draws",
                        "scale": {"domain": [0, 1], "range": [0, 0.8 * STEP**2]},
                        "legend": {"format": "%", "values": [0.1, 0.5, 1]},
                    },
                },
            },
            {
                "data": {"values": whole},
                "mark": {"type": "point", "shape": "cross", "filled": True, "color": INK},
                "encoding": {"x": {"field": "rank", **x}, "size": {"value": 40}},
            },
        ],
    )


def _ticks(ranks: int) -> list[int]:
    """Return ranks to write, some ten at most; left to itself the drawing halves few of them."""
    return list(range(1, ranks + 1, max(1, ranks // 10)))


def _ends(interval: list[float]) -> dict[str, float]:
    return {"best": interval[0], "worst": interval[1]}
