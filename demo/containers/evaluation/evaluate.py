"""Score the segmentations of a submission against hidden reference masks.

The evaluation container contract of grand-challenge.org: `/input/predictions.json` lists the
successful jobs, their outputs are at `/input/<job pk>/output/<relative path>`, and the organizer's
ground truth is unpacked at `/opt/ml/input/data/ground_truth`. There, `cases.json` maps each case
(its image's name or pk) to a reference mask, `{"case-1": "masks/case-1.mha"}`.

A case without a usable segmentation scores 0, with the reason, so that failing on hard cases never
pays.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo.containers.algorithms.contract import (
    ContractError,
    is_image,
    only_image_in,
    read_list,
    relative_path,
)
from demo.containers.algorithms.metaimage import MetaImage, MetaImageError, read_metaimage
from demo.containers.evaluation.scores import dice, summary

__all__ = ["VERSION", "evaluate", "main"]

VERSION = 1
INPUT = Path("/input")
GROUND_TRUTH = Path("/opt/ml/input/data/ground_truth")
OUTPUT = Path("/output")
ENDINGS = (".nii.gz", ".mha", ".mhd", ".nii", ".tif", ".tiff", ".dcm")
# Corners of two aligned images may differ by this share of a voxel, from rounding in text.
CORNER_TOLERANCE = 0.1


@dataclass(frozen=True)
class Case:
    """One case's score. `volume_error_ml` is signed: positive when too much was segmented."""

    case: str
    job: str | None
    dice: float
    volume_error_ml: float
    reason: str | None = None


def main(
    *, input_root: Path = INPUT, ground_truth: Path = GROUND_TRUTH, output_root: Path = OUTPUT
) -> int:
    """Evaluate everything and write `metrics.json`; returns the exit code."""
    try:
        metrics = evaluate(input_root=input_root, ground_truth=ground_truth)
    except (ContractError, MetaImageError) as problem:
        print(f"Error: {problem}", file=sys.stderr, flush=True)
        return 1
    output_root.mkdir(parents=True, exist_ok=True)
    (output_root / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(f"Mean Dice {metrics['aggregates']['dice']['mean']:.4f}", flush=True)
    return 0


def evaluate(*, input_root: Path, ground_truth: Path) -> dict[str, Any]:
    """Return the metrics of one submission.

    Raises ContractError or MetaImageError when the ground truth itself is unusable or names no
    reference for a predicted case: that is the organizer's to mend, not a low score.
    """
    references = _references(ground_truth)
    cases: list[Case] = []
    seen: set[str] = set()
    for prediction in read_list(input_root / "predictions.json"):
        name, mask = _reference_of(prediction, references=references)
        seen.add(mask)
        reference = read_metaimage(ground_truth / mask)
        cases.append(_score(prediction, name=name, reference=reference, root=input_root))
        print(f"{name}: Dice {cases[-1].dice:.4f} {cases[-1].reason or ''}".rstrip(), flush=True)
    for name, mask in references.items():
        if mask not in seen:
            seen.add(mask)
            reference = read_metaimage(ground_truth / mask)
            cases.append(_missed(name, job=None, reference=reference, reason="No result."))
    return {
        "aggregates": _aggregates(cases),
        "results": [_result(case) for case in cases],
        "cases": [vars(case) for case in cases],
        "version": VERSION,
    }


def _result(case: Case) -> dict[str, Any]:
    """Return a case as the portal stores it: a row for each number, and a note for organizers."""
    numbers = {"dice": case.dice, "volume_error_ml": abs(case.volume_error_ml)}
    return {"pk": case.job, "case": case.case, "metrics": numbers, "note": case.reason or ""}


def _aggregates(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    return {
        "dice": summary([case.dice for case in cases]),
        "volume_error_ml": summary([abs(case.volume_error_ml) for case in cases]),
    }


def _references(ground_truth: Path) -> dict[str, str]:
    try:
        found = json.loads((ground_truth / "cases.json").read_text())
    except (OSError, ValueError) as problem:
        raise ContractError(f"The ground truth's cases.json cannot be read: {problem}") from problem
    if not isinstance(found, dict) or not found:
        raise ContractError("The ground truth's cases.json must map cases to reference masks.")
    return {str(name): str(mask) for name, mask in found.items()}


def _reference_of(
    prediction: Mapping[str, Any], *, references: Mapping[str, str]
) -> tuple[str, str]:
    """Return a case's name and its reference mask, by any image input's pk or name."""
    shown = "without an image input"
    for entry in prediction.get("inputs") or []:
        image = entry.get("image") or {}
        name = str(image.get("name", ""))
        shown = name or shown
        for key in (str(image.get("pk", "")), name, _without_ending(name)):
            if key and key in references:
                return name or key, references[key]
    raise ContractError(f"The ground truth's cases.json has no reference mask for {shown}.")


def _without_ending(name: str) -> str:
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def _score(prediction: Mapping[str, Any], *, name: str, reference: MetaImage, root: Path) -> Case:
    job = str(prediction.get("pk", ""))
    try:
        mask = _predicted_mask(prediction, root=root)
    except (ContractError, MetaImageError) as problem:
        return _missed(name, job=job, reference=reference, reason=str(problem))
    if not _aligned(mask, reference):
        reason = "The segmentation does not lie where the image lies (size or geometry differs)."
        return _missed(name, job=job, reference=reference, reason=reason)
    return Case(
        case=name,
        job=job,
        dice=dice(mask.array, reference.array),
        volume_error_ml=_millilitres(mask) - _millilitres(reference),
    )


def _missed(name: str, *, job: str | None, reference: MetaImage, reason: str) -> Case:
    missing = -_millilitres(reference)
    return Case(case=name, job=job, dice=0.0, volume_error_ml=missing, reason=reason)


def _predicted_mask(prediction: Mapping[str, Any], *, root: Path) -> MetaImage:
    job = str(prediction.get("pk", ""))
    if not job or "/" in job or job.startswith("."):
        raise ContractError("The prediction has no job.")
    for entry in prediction.get("outputs") or []:
        if is_image(entry):
            return read_metaimage(only_image_in(root / job / "output" / relative_path(entry)))
    raise ContractError("The job has no image output.")


def _millilitres(mask: MetaImage) -> float:
    return int(np.count_nonzero(mask.array)) * mask.voxel_volume / 1000


def _aligned(mask: MetaImage, reference: MetaImage) -> bool:
    """Say whether two images have the same voxels: their opposite corners in mm coincide."""
    if mask.array.shape != reference.array.shape:
        return False
    apart = np.abs(_corners(mask) - _corners(reference)).max()
    return bool(apart <= CORNER_TOLERANCE * min(reference.spacing))


def _corners(image: MetaImage) -> Any:
    """First voxel's centre, and the last one's along each axis, in mm in the file's frame."""
    size = image.array.ndim
    steps = (np.array(image.array.shape[::-1]) - 1) * np.array(image.spacing[::-1])
    origin = _numbers(image.geometry.get("Offset", ""), fallback=np.zeros(size))
    # Each group of numbers in TransformMatrix is the direction of one index axis.
    matrix = _numbers(image.geometry.get("TransformMatrix", ""), fallback=np.eye(size).ravel())
    ends = matrix.reshape(size, size) * steps[:, None]
    return np.vstack([origin, origin + ends])


def _numbers(text: str, *, fallback: Any) -> Any:
    values = np.array([float(word) for word in text.split()])
    return values if values.size == fallback.size else fallback


if __name__ == "__main__":
    sys.exit(main())
