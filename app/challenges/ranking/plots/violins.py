"""How much the rankings of resamples agree with that of all cases: a violin for each scheme."""

from app.challenges.ranking.plots.parts import ACCENT, INK, STEP, Results, Spec, picture

BINS = 40


def stability_violins(results: Results, task: str) -> Spec:
    """Return Kendall's tau by scheme, from the percentiles in the results, and the medians."""
    taus = {
        scheme: of_tasks[task]["tau"]["percentiles"]
        for scheme, of_tasks in results["about"]["stability"].items()
        if task in of_tasks and of_tasks[task]["tau"]["percentiles"]
    }
    shapes = [row for scheme, percentiles in taus.items() for row in _shape(scheme, percentiles)]
    medians = [
        {"scheme": scheme, "tau": percentiles[50], "width": 0}
        for scheme, percentiles in taus.items()
    ]
    said = "; ".join(f"{scheme}: {percentiles[50]:.2f}" for scheme, percentiles in taus.items())
    tau = {
        "field": "tau",
        "type": "quantitative",
        "title": "Kendall's tau with the ranking of all cases",
        "scale": {"domain": [min([0.0, *(row["tau"] for row in shapes)]), 1]},
    }
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [-1, 1]}}
    return picture(
        title="Stability of the rankings",
        description=f"Median of tau over {results['about']['draws']} draws. {said}",
        data={"values": shapes + [{**row, "median": True} for row in medians]},
        facet={
            "row": {
                "field": "scheme",
                "type": "nominal",
                "sort": list(taus),
                "title": None,
                "header": {"labelAngle": 0, "labelAlign": "right", "labelLimit": 240},
            }
        },
        spacing=4,
        spec={
            "width": 400,
            "height": 2 * STEP,
            "layer": [
                {
                    "transform": [{"filter": "!datum.median"}],
                    "mark": {"type": "area", "color": ACCENT, "opacity": 0.6},
                    "encoding": {
                        "x": tau,
                        "y": {"field": "left", **across},
                        "y2": {"field": "width"},
                    },
                },
                {
                    "transform": [{"filter": "datum.median"}],
                    "mark": {"type": "point", "shape": "diamond", "filled": True, "color": INK},
                    "encoding": {"x": tau, "y": {"field": "width", **across}},
                },
            ],
        },
    )


def _shape(scheme: str, percentiles: list[float]) -> list[Spec]:
    """Return the violin's half-widths along tau: shares of percentiles near each value."""
    low, high = min(percentiles[0], 0.0), 1.0
    step = (high - low) / BINS
    near = [
        sum(max(0.0, 1 - abs(one - (low + at * step)) / (2 * step)) for one in percentiles)
        for at in range(BINS + 1)
    ]
    most = max(near)
    return [
        {
            "scheme": scheme,
            "tau": round(low + at * step, 6),
            "width": round(share / most, 6),
            "left": round(-share / most, 6),
        }
        for at, share in enumerate(near)
    ]
