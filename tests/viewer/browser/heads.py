"""A real case: three MR sequences of heads and a segmentation, of the images beside the repository.

The sequences differ in all that a hanging protocol has to cope with: a sagittal T1 of 35 slices, an
oblique echo-planar volume, and one over time. The segmentation lies on the grid of the T1.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import SimpleITK

from tests.data import DATA

sitk: Any = SimpleITK
SOURCES = {
    "t1": "mr_t1_sagittal_HFS",
    "epi": "nrrd_mha/example3d.nrrd",
    "fmri": "mr_4d_ge_fmri",
}
LABELS = {1: "Soft tissue", 2: "Bright tissue"}
PROTOCOL = [
    {"viewport_name": "main", "x": 0, "y": 0, "w": 2, "h": 2, "label": "T1"},
    {
        "viewport_name": "secondary",
        "x": 2,
        "y": 0,
        "w": 1,
        "h": 1,
        "label": "T1 from above",
        "orientation": "axial",
        "slice_plane_indicator": "main",
    },
    {"viewport_name": "tertiary", "x": 2, "y": 1, "w": 1, "h": 1, "label": "EPI"},
    {
        "viewport_name": "quaternary",
        "x": 3,
        "y": 0,
        "w": 1,
        "h": 1,
        "label": "fMRI",
        "relative_start_position": 0.75,
    },
    {
        "viewport_name": "quinary",
        "x": 3,
        "y": 1,
        "w": 1,
        "h": 1,
        "specialized_view": "intensity-over-time-chart",
        "parent_id": "quaternary",
    },
    {"viewport_name": "senary", "x": 0, "y": 2, "w": 2, "h": 1},
    {
        "viewport_name": "side",
        "x": 2,
        "y": 2,
        "w": 2,
        "h": 1,
        "specialized_view": "3D-sideview",
        "orientation": "coronal",
        "parent_id": "main",
    },
]
CONTENT = {
    "main": ["t1", "tissue"],
    "secondary": ["t1", "tissue"],
    "tertiary": ["epi"],
    "quaternary": ["fmri"],
    "senary": ["motion"],
}
MOTION = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "height": 120,
    "data": {"values": [{"scan": n, "mm": round(0.1 + 0.05 * (n % 4), 2)} for n in range(10)]},
    "mark": "line",
    "encoding": {
        "x": {"field": "scan", "type": "quantitative"},
        "y": {"field": "mm", "type": "quantitative"},
    },
}


def sequences(owner: Any) -> dict[str, Any]:
    """Import them by the product's own conversion; by slug of the socket."""
    assert DATA is not None
    with tempfile.TemporaryDirectory() as folder:
        found = {
            slug: _imported(DATA / source, Path(folder) / slug, owner=owner)
            for slug, source in SOURCES.items()
        }
        tissue = Path(folder) / "tissue.mha"
        sitk.WriteImage(_tissue(Path(folder) / "t1"), str(tissue), True)
        found["tissue"] = _imported(tissue, Path(folder) / "mask", owner=owner)
    return found


def series(folder: Path) -> Any:
    """The DICOM series of a folder, as SimpleITK reads it."""
    return sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))


def _imported(source: Path, folder: Path, *, owner: Any) -> Any:
    from app.images.conversion.child import run_conversion
    from tests.factories.images import add_converted
    from viewer.services.packs import make_pack

    folder.mkdir()
    files = {source.name: source} if source.is_file() else source
    report = run_conversion(files, folder)
    assert report.images, report.issues
    image = add_converted(report.images[0], owner=owner)
    make_pack(image.pk)
    return image


def _tissue(folder: Path) -> Any:
    """Dark, soft and bright voxels of the T1 by Otsu's thresholds, smoothed a little."""
    (file,) = folder.glob("*.mha")
    picture = sitk.ReadImage(str(file))
    labels = sitk.OtsuMultipleThresholds(picture, len(LABELS), 0, 128)
    return sitk.Cast(sitk.Median(labels, [1, 1, 1]), sitk.sitkUInt8)
