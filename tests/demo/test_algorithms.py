"""The demo's algorithms see only pixels: when the picture moves, so does what they find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from demo.containers.algorithms.metaimage import MetaImage, read_metaimage, write_metaimage
from demo.containers.algorithms.segment import main, segment
from demo.containers.evaluation.scores import dice
from tests.demo.thorax import random_thorax

GEOMETRY = {"ElementSpacing": "2 2 2", "Offset": "-96 -96 10"}
SEEDS = range(6)


def mask_by(method: str, volume: NDArray[Any]) -> NDArray[np.uint8]:
    image = MetaImage(array=volume, geometry=GEOMETRY)
    return segment(image, method=method).array


@pytest.mark.parametrize("seed", SEEDS)
def test_nodules_are_found_wherever_they_are(seed: int) -> None:
    thorax = random_thorax(seed)
    good = dice(mask_by("nodules", thorax.volume), thorax.nodules)
    naive = dice(mask_by("nodules-naive", thorax.volume), thorax.nodules)
    assert good >= 0.9
    assert naive < good - 0.05


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_flipped_volume_gives_the_flipped_mask(axes: tuple[int, ...]) -> None:
    volume = random_thorax(7).volume
    there = mask_by("nodules", volume)
    flipped = mask_by("nodules", np.ascontiguousarray(np.flip(volume, axes)))
    assert there.any()
    assert np.array_equal(np.flip(flipped, axes), there)


def test_a_body_without_nodules_gives_an_empty_mask() -> None:
    thorax = random_thorax(3)
    volume = np.where(thorax.nodules, -850, thorax.volume).astype(np.int16)
    assert not mask_by("nodules", volume).any()


def itk_otsu(volume: NDArray[Any]) -> NDArray[np.bool_]:
    image = sitk.GetImageFromArray(volume)
    mask = sitk.OtsuThreshold(image, 0, 1, 128)
    return sitk.GetArrayFromImage(mask).astype(bool)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", ["i2", "f4"])
def test_otsu_agrees_with_simpleitk_and_the_naive_rule_does_not(seed: int, dtype: str) -> None:
    volume = random_thorax(seed).volume.astype(dtype)
    reference = itk_otsu(volume)
    good = dice(mask_by("otsu", volume), reference)
    assert good >= 0.99
    assert dice(mask_by("otsu-naive", volume), reference) < good - 0.05


def lay_input(root: Path, *, key: str = "interface", volume: NDArray[Any] | None = None) -> None:
    """Write `/input` as the contract has it, with a value input listed before the image."""
    kinds = [("age", "Integer", "Value", "age.json"), ("ct", "Image", "Image", "images/ct-image")]
    entries = [
        {"pk": n, key: {"slug": slug, "kind": kind, "super_kind": group, "relative_path": path}}
        for n, (slug, kind, group, path) in enumerate(kinds)
    ]
    root.mkdir(parents=True)
    (root / "inputs.json").write_text(json.dumps(entries))
    if volume is not None:
        image = MetaImage(array=volume, geometry=GEOMETRY)
        write_metaimage(root / "images/ct-image" / "f00d.mha", image)


@pytest.mark.parametrize("key", ["interface", "socket"])
def test_a_case_is_read_and_answered_by_the_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    thorax = random_thorax(1)
    lay_input(tmp_path / "input", key=key, volume=thorax.volume)
    code = main(["nodules"], input_root=tmp_path / "input", output_root=tmp_path / "output")
    assert code == 0
    written = read_metaimage(tmp_path / "output/images/segmentation/f00d.mha")
    assert written.array.dtype == np.uint8
    assert dict(written.geometry) == GEOMETRY
    assert dice(written.array, thorax.nodules) >= 0.9
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Read f00d.mha: 96 x 96 x 40 voxels, int16"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("arguments", "volume", "message"),
    [
        ([], None, "must name one method"),
        (["magic"], None, "must name one method"),
        (["otsu"], None, "holds 0 .mha images"),
        (["nodules"], np.zeros((4, 4), np.int16), "needs a volume"),
        (["otsu"], np.full((2, 2, 2), np.nan, np.float32), "not finite"),
    ],
)
def test_bad_input_ends_with_one_clear_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    volume: NDArray[Any] | None,
    message: str,
) -> None:
    lay_input(tmp_path / "input", volume=volume)
    code = main(arguments, input_root=tmp_path / "input", output_root=tmp_path / "output")
    assert code == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("listed", ["{", "{}", "[1]", "[]", None])
def test_an_unreadable_list_of_inputs_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listed: str | None
) -> None:
    if listed is not None:
        (tmp_path / "inputs.json").write_text(listed)
    assert main(["otsu"], input_root=tmp_path, output_root=tmp_path / "output") == 1
    assert "inputs.json" in capsys.readouterr().err


def test_a_path_that_leaves_the_input_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"interface": {"super_kind": "Image", "relative_path": "../elsewhere"}}
    (tmp_path / "inputs.json").write_text(json.dumps([entry]))
    assert main(["otsu"], input_root=tmp_path, output_root=tmp_path / "output") == 1
    assert "not a relative path" in capsys.readouterr().err
