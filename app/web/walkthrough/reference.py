"""Ground truth that owes nothing to the algorithms: SimpleITK's own Otsu threshold."""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import SimpleITK as sitk


def otsu_mask(image: Path, *, mask: Path) -> None:
    """Write the mask (uint8, 1 = at or above the threshold) of ``image``, on the same grid."""
    volume = sitk.ReadImage(str(image))
    found = sitk.OtsuThreshold(volume, 0, 1, 128)
    sitk.WriteImage(sitk.Cast(found, sitk.sitkUInt8), str(mask), True)


def pack_ground_truth(masks: Mapping[str, Path], *, archive: Path) -> None:
    """Write the tar archive that the Dice evaluation reads: ``cases.json`` and the masks."""
    listing = archive.with_suffix(".json")
    listing.write_text(json.dumps({case: f"masks/{path.name}" for case, path in masks.items()}))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(listing, arcname="cases.json")
        for path in masks.values():
            tar.add(path, arcname=f"masks/{path.name}")
