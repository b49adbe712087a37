"""The evaluation container scores every case, also those that failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.containers.algorithms.metaimage import MetaImage, write_metaimage
from demo.containers.evaluation.evaluate import main
from demo.containers.evaluation.scores import dice, summary

GEOMETRY = {
    "TransformMatrix": "0.8 0.6 0 -0.6 0.8 0 0 0 1",
    "Offset": "-10 20 -30",
    "ElementSpacing": "1 1 10",
}
SOCKET = {"slug": "mask", "super_kind": "Image", "relative_path": "images/segmentation"}


class Submission:
    """Lays out `/input` and the ground truth case by case, and runs the evaluation."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.predictions: list[dict[str, Any]] = []
        self.cases: dict[str, str] = {}

    def reference(self, key: str, mask: list[int]) -> None:
        self.cases[key] = f"masks/{key}.mha"
        write(self.root / "truth/masks" / f"{key}.mha", mask)

    def prediction(
        self, name: str, mask: list[int] | None, *, pk: str = "", offset: str = GEOMETRY["Offset"]
    ) -> None:
        job = f"job-{len(self.predictions)}"
        image = {"pk": pk or f"pk-{name}", "name": name}
        given = {"pk": 1, "interface": {"slug": "ct", "super_kind": "Image"}, "image": image}
        made = {"pk": 2, "interface": SOCKET, "image": None}
        self.predictions.append({"pk": job, "inputs": [given], "outputs": [made]})
        if mask is not None:
            path = self.root / "input" / job / "output/images/segmentation/x.mha"
            write(path, mask, offset=offset)

    def evaluate(self) -> int:
        truth, given = self.root / "truth", self.root / "input"
        for folder in (truth, given):
            folder.mkdir(exist_ok=True)
        (truth / "cases.json").write_text(json.dumps(self.cases))
        (given / "predictions.json").write_text(json.dumps(self.predictions))
        return main(input_root=given, ground_truth=truth, output_root=self.root / "output")

    @property
    def metrics(self) -> dict[str, Any]:
        return dict(json.loads((self.root / "output/metrics.json").read_text()))


def write(path: Path, mask: list[int], *, offset: str = GEOMETRY["Offset"]) -> None:
    array = np.array(mask, dtype=np.uint8).reshape(1, 1, -1)
    write_metaimage(path, MetaImage(array=array, geometry={**GEOMETRY, "Offset": offset}))


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    return Submission(tmp_path)


def test_cases_are_matched_by_name_stem_and_pk(submission: Submission) -> None:
    for key in ("a.mha", "b", "pk-c"):
        submission.reference(key, [1, 1, 0, 0])
    submission.prediction("a.mha", [1, 1, 0, 0])
    submission.prediction("b.mha", [0, 1, 1, 0])
    submission.prediction("c.mha", [0, 0, 1, 1], pk="pk-c")
    assert submission.evaluate() == 0
    metrics = submission.metrics
    assert [(c["case"], c["job"], c["dice"]) for c in metrics["cases"]] == [
        ("a.mha", "job-0", 1.0),
        ("b.mha", "job-1", 0.5),
        ("c.mha", "job-2", 0.0),
    ]
    assert [(r["pk"], r["case"], r["metrics"]["dice"]) for r in metrics["results"]] == [
        ("job-0", "a.mha", 1.0),
        ("job-1", "b.mha", 0.5),
        ("job-2", "c.mha", 0.0),
    ]
    assert metrics["version"] == 1
    assert metrics["aggregates"]["dice"] == pytest.approx(
        {"mean": 0.5, "std": (1 / 6) ** 0.5, "min": 0.0, "max": 1.0, "median": 0.5}
    )


def test_volume_error_is_signed_and_in_millilitres(submission: Submission) -> None:
    submission.reference("a", [1, 0, 0, 0])
    submission.prediction("a", [1, 1, 1, 0])
    assert submission.evaluate() == 0
    assert submission.metrics["cases"][0]["volume_error_ml"] == pytest.approx(0.02)


def test_unusable_results_score_zero_and_say_why(submission: Submission) -> None:
    for key in ("missing", "moved", "size", "broken", "failed"):
        submission.reference(key, [1, 1, 0, 0])
    submission.prediction("missing", None)
    submission.prediction("moved", [1, 1, 0, 0], offset="-10 20 -29")
    submission.prediction("size", [1, 1, 0, 0, 0])
    submission.prediction("broken", [1, 1, 0, 0])
    broken = submission.root / "input/job-3/output/images/segmentation/x.mha"
    broken.write_bytes(broken.read_bytes()[:-3])
    assert submission.evaluate() == 0
    cases = {case["case"]: case for case in submission.metrics["cases"]}
    assert {case["dice"] for case in cases.values()} == {0.0}
    assert {case["volume_error_ml"] for case in cases.values()} == {-0.02}
    assert "holds 0 .mha images" in cases["missing"]["reason"]
    assert "does not lie" in cases["moved"]["reason"]
    assert "does not lie" in cases["size"]["reason"]
    assert "cannot be read" in cases["broken"]["reason"]
    assert cases["failed"]["reason"] == "No result."
    assert cases["failed"]["job"] is None


def test_rounding_in_the_header_does_not_move_an_image(submission: Submission) -> None:
    submission.reference("a", [1, 1, 0, 0])
    submission.prediction("a", [1, 1, 0, 0], offset="-10.0001 19.9999 -30")
    assert submission.evaluate() == 0
    assert submission.metrics["cases"][0]["dice"] == 1.0


def test_a_case_named_twice_is_scored_once(submission: Submission) -> None:
    submission.reference("a", [1, 1, 0, 0])
    submission.cases["pk-a"] = submission.cases["a"]
    submission.prediction("a", [1, 1, 0, 0])
    assert submission.evaluate() == 0
    assert len(submission.metrics["cases"]) == 1


def test_a_case_without_a_reference_is_the_organizers_error(
    submission: Submission, capsys: pytest.CaptureFixture[str]
) -> None:
    submission.reference("a", [1, 1, 0, 0])
    submission.prediction("other", [1, 1, 0, 0])
    assert submission.evaluate() == 1
    assert "no reference mask for other" in capsys.readouterr().err
    assert not (submission.root / "output/metrics.json").exists()


def test_an_empty_ground_truth_is_the_organizers_error(
    submission: Submission, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submission.evaluate() == 1
    assert "cases.json" in capsys.readouterr().err


def test_dice_of_two_empty_masks_is_one() -> None:
    empty = np.zeros((2, 2), np.uint8)
    assert dice(empty, empty) == 1.0
    assert dice(empty, empty + 1) == 0.0
    assert dice(np.array([255, 0]), np.array([1, 1])) == pytest.approx(2 / 3)


def test_summary_of_one_value() -> None:
    assert summary([0.5]) == {"mean": 0.5, "std": 0.0, "min": 0.5, "max": 0.5, "median": 0.5}
