"""Real files: what is left after de-identification converts to the same images.

Collected only where the samples are (`tests.data`). The images are those of
`tests/images/conversion/expected.json`.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.images.conversion import ConvertedImage
from app.images.deidentify import DeidentificationError, Profile, deidentify_file
from tests.data import DATA
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.images.deidentify.conftest import SECRET

pytestmark = pytest.mark.data
SAMPLES = DATA or Path()
FOLDERS = sorted(
    path.name
    for path in (SAMPLES.iterdir() if DATA else ())
    if path.is_dir()
    and path.name
    not in {"nifti", "nrrd_mha", "nrrd_detached", "wsi_svs", "tiff_small", "malformed"}
)
PROFILES = [Profile(), Profile(frozenset({"retain_modified_dates", "retain_safe_private"}))]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _deidentified(folder: str, output: Path, profile: Profile) -> list[Path]:
    output.mkdir()
    written = []
    for path in _files(SAMPLES / folder):
        try:
            deidentify_file(path, output / path.name, profile=profile, secret=SECRET)
        except DeidentificationError:
            continue
        else:
            written.append(output / path.name)
    return written


def _described(image: ConvertedImage, *, dates: bool) -> dict[str, Any]:
    return {
        "sources": [path.name for path in image.sources],
        "size": image.size,
        "spacing": image.spacing,
        "spacing_valid": image.spacing_valid,
        "origin": image.origin,
        "direction": image.direction,
        "time_step": image.time_step if dates else None,
        "type": image.element_type,
        "photometric": image.photometric,
        "modality": image.modality,
        "rescale_type": image.rescale_type,
        "window": (image.window_center, image.window_width),
        "pixels": zlib.crc32(np.ascontiguousarray(pixels_of(image)).tobytes()),
    }


@pytest.mark.parametrize("profile", PROFILES, ids=["basic", "dates"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_image_stays_the_same(folder: str, profile: Profile, tmp_path: Path) -> None:
    """Times of day go with the basic profile, so a time step that only they tell may go."""
    dates = bool(profile.options)
    files = _deidentified(folder, tmp_path / "files", profile)
    before, lost = convert_files(
        [path for path in _files(SAMPLES / folder) if path.name in {file.name for file in files}],
        tmp_path / "before",
    )
    after, also_lost = convert_files(files, tmp_path / "after")
    assert also_lost == lost

    def in_order(images: list[ConvertedImage]) -> list[dict[str, Any]]:
        described = [_described(image, dates=dates) for image in images]
        return sorted(described, key=lambda image: (sorted(image["sources"]), image["pixels"]))

    assert [_unordered(image) for image in in_order(after)] == [
        _unordered(image) for image in in_order(before)
    ]


def _unordered(image: dict[str, Any]) -> dict[str, Any]:
    return {**image, "sources": sorted(image["sources"])}
