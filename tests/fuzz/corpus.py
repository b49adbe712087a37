"""What is damaged: the real images where they are, and small ones made in code everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.synthetic import dicom

sitk: Any = SimpleITK
_MAX_BYTES = 3 << 20


def real_corpus(data: Path) -> dict[str, list[Path]]:
    """Return the files of every folder of the real images, reference files among them."""
    found = {
        folder.name: [
            path for path in sorted(folder.rglob("*"))
            if path.is_file() and path.stat().st_size <= _MAX_BYTES
        ]
        for folder in sorted(data.iterdir()) if folder.is_dir()
    }  # fmt: skip
    return {name: paths for name, paths in found.items() if paths}


def made_corpus(folder: Path) -> dict[str, list[Path]]:
    """Write one or two files of every kind the converter reads."""
    volume = dicom.volume(3)
    compressed = []
    for syntax in (RLELossless, JPEG2000Lossless):
        made = dicom.classic(dicom.volume(1, rows=64, columns=64))[0]
        made.compress(syntax)
        compressed.append(made)
    masks = np.zeros((2, 12, 10), bool)
    masks[:, 3:6, 2:8] = True
    color = np.random.default_rng(3).integers(0, 255, (12, 10, 3)).astype(np.uint8)
    return {
        "classic": dicom.save(dicom.classic(volume), folder / "classic"),
        "enhanced": dicom.save([dicom.enhanced(volume)], folder / "enhanced"),
        "compressed": dicom.save(compressed, folder / "compressed"),
        "segmentation": dicom.save(
            [dicom.segmentation(masks, segments=[1, 1], planes=[0, 1])], folder / "segmentation"
        ),
        "color": dicom.save(
            [dicom.picture(color), dicom.cine(np.stack([color] * 2))], folder / "c"
        ),
        "volumes": _volumes(volume, folder / "volumes"),
        "flat": _flat(color, folder / "flat"),
    }


def _volumes(volume: dicom.Array, folder: Path) -> list[Path]:
    folder.mkdir()
    image = sitk.GetImageFromArray(volume)
    names = ("a.nii", "b.nii.gz", "c.nrrd", "d.mha")
    for name in names:
        sitk.WriteImage(image, str(folder / name))
    return [folder / name for name in names]


def _flat(color: dicom.Array, folder: Path) -> list[Path]:
    folder.mkdir()
    for name in ("a.png", "b.jpg"):
        Image.fromarray(color).save(folder / name)
    return [folder / "a.png", folder / "b.jpg"]
