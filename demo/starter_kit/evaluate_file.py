"""Score a file with probabilities: an example of an evaluation container to copy.

`/input/predictions.json` (or `.csv`) is what was handed in: a list with `{"case", "probability"}`
for each case. The organizer's `truth.json` maps each case to 1 (it is one) or 0. A case that is
missing counts as 0.5, and is said, so that leaving out hard cases never pays.

Needs nothing but Python.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INPUT = Path("/input")
GROUND_TRUTH = Path("/opt/ml/input/data/ground_truth")
OUTPUT = Path("/output")
NOTHING_SAID = 0.5


def main(
    *, input_root: Path = INPUT, ground_truth: Path = GROUND_TRUTH, output_root: Path = OUTPUT
) -> None:
    """Score every case and write `metrics.json`."""
    truth = json.loads((ground_truth / "truth.json").read_text())
    metrics = evaluate(read_predictions(input_root), truth)
    (output_root / "metrics.json").write_text(json.dumps(metrics, indent=2))


def read_predictions(folder: Path) -> dict[str, float]:
    """Return the probability of each case that was predicted; the portal checked the file."""
    table = folder / "predictions.csv"
    if table.exists():
        with table.open(newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
    else:
        rows = json.loads((folder / "predictions.json").read_text())
    return {str(row["case"]): float(row["probability"]) for row in rows}


def evaluate(predicted: Mapping[str, float], truth: Mapping[str, int]) -> dict[str, Any]:
    """Return area under the curve, Brier score and accuracy, and the squared error per case."""
    given = {case: predicted.get(case, NOTHING_SAID) for case in truth}
    errors = {case: (given[case] - truth[case]) ** 2 for case in truth}
    right = sum((given[case] > NOTHING_SAID) == bool(truth[case]) for case in truth)
    aggregates = {
        "auc": area_under_curve(given, truth),
        "brier": sum(errors.values()) / len(errors) if errors else None,
        "accuracy": right / len(truth) if truth else None,
    }
    results = [
        {
            "case": case,
            "metrics": {"squared_error": errors[case]},
            "note": "" if case in predicted else "It was not predicted.",
        }
        for case in truth
    ]
    return {"aggregates": aggregates, "results": results}


def area_under_curve(given: Mapping[str, float], truth: Mapping[str, int]) -> float | None:
    """Return how often a case that is one got more than a case that is none; ties count half."""
    ones = [given[case] for case in truth if truth[case]]
    others = [given[case] for case in truth if not truth[case]]
    pairs = len(ones) * len(others)
    won = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    return won / pairs if pairs else None


if __name__ == "__main__":
    main()
