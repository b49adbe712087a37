"""The demo's phase that takes files with predictions, as an entry of a seed file."""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.images.phantom import Phantom

LARGE = 18.0  # mm
SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["case", "probability"],
        "properties": {
            "case": {"type": "string", "description": "The title of a test case"},
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "additionalProperties": False,
    },
}
DESIGN: dict[str, Any] = {
    "case": "What was written down of one made-up chest: on how many slices each nodule shows.",
    "annotation_protocol": f"A chest is positive if a nodule was drawn {LARGE:g} mm wide or more.",
    "metrics": [
        {
            "name": "squared_error",
            "reason": "It pays to hand in the probability that one believes in.",
        }
    ],
    "ranking_plan": {
        "version": 1,
        "metrics": {
            "squared_error": {"direction": "lower", "missing": {"rule": "value", "value": 0.25}},
        },
        "schemes": [
            {"kind": "aggregate-then-rank", "metric": "squared_error", "aggregate": "mean"}
        ],
        "ties": "min",
    },
    "ranking_reason": "The mean of squared errors is the Brier score; a case that is left out "
    "counts as one of which nothing was said.",
}


def file_phase(
    folder: Path,
    *,
    hidden: Mapping[str, Phantom],
    sample: Mapping[str, Phantom],
    method: str,
) -> dict[str, Any]:
    """Write ground truth and three files, and describe the phase that has them.

    ``hidden`` and ``sample`` map the titles of cases to what was drawn for them.
    """
    return {
        "title": "Large nodules by report",
        "description": _description(hidden),
        "kind": "PREDICTIONS",
        "archive": "hidden",
        "predictions_schema": SCHEMA,
        "score_path": "aggregates.brier",
        "score_title": "Brier score",
        "direction": "LOWER",
        "method": method,
        "ground_truth": _ground_truth(folder, "hidden", hidden),
        "sample": "sample",
        "sample_truth": _ground_truth(folder, "sample", sample),
        "design": DESIGN,
        "submissions": _submissions(folder, hidden),
    }


def _description(hidden: Mapping[str, Phantom]) -> str:
    notes = "; ".join(
        f"{title}: {', '.join(map(str, slices_of(phantom)))}" for title, phantom in hidden.items()
    )
    return (
        f"How probable is it that the largest nodule of a chest is {LARGE:g} mm wide or more? "
        "Nobody gets the images here: this is on how many slices each nodule of a test case "
        f"shows. {notes}. Hand in one file for all of them; no container is needed."
    )


def slices_of(phantom: Phantom) -> list[int]:
    """Return on how many slices each nodule shows."""
    shown = [(phantom.truth == nodule.label).any(axis=(1, 2)).sum() for nodule in phantom.nodules]
    return [int(number) for number in shown]


def is_large(phantom: Phantom) -> bool:
    """Tell whether the largest nodule is large."""
    return max((2 * nodule.radius for nodule in phantom.nodules), default=0.0) >= LARGE


def _submissions(folder: Path, hidden: Mapping[str, Phantom]) -> list[dict[str, Any]]:
    """Describe three files of two people: two follow what was written down, one says nothing."""
    slices = {title: slices_of(phantom) for title, phantom in hidden.items()}
    by_number = {title: min(0.9, len(all_) / 7) for title, all_ in slices.items()}
    by_most = {title: min(0.9, max(all_, default=0) / 6) for title, all_ in slices.items()}
    files = [
        ("researcher", "even-odds.json", dict.fromkeys(slices, 0.5), "Nothing is known"),
        ("author", "by-number.json", by_number, "Many nodules, a large one among them"),
        ("researcher", "by-slices.json", by_most, "By the nodule on most slices"),
    ]
    return [
        {"user": user, "file": _file(folder, name, predicted), "comment": comment}
        for user, name, predicted, comment in files
    ]


def _file(folder: Path, name: str, predicted: Mapping[str, float]) -> str:
    rows = [{"case": title, "probability": round(one, 2)} for title, one in predicted.items()]
    path = folder / name
    path.write_text(json.dumps(rows, indent=2) + "\n")
    return str(path.relative_to(folder.parent))


def _ground_truth(folder: Path, name: str, cases: Mapping[str, Phantom]) -> str:
    """Write which cases are positive, as an archive; return its path for the seed file."""
    labels = {title: int(is_large(phantom)) for title, phantom in cases.items()}
    place = folder / f"{name}-labels"
    place.mkdir()
    (place / "truth.json").write_text(json.dumps(labels))
    archive = folder / f"{name}-labels.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(place / "truth.json", arcname="truth.json")
    return str(archive.relative_to(folder.parent))
