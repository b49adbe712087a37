"""The containers' MetaImage reader agrees with SimpleITK in both directions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from demo.containers.algorithms.metaimage import (
    MetaImage,
    MetaImageError,
    read_metaimage,
    write_metaimage,
)

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"]


def oblique_image(dtype: str) -> sitk.Image:
    image = sitk.GetImageFromArray(np.arange(60, dtype=dtype).reshape(3, 4, 5))
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-12.5, 30.25, -700.125))
    image.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1))
    return image


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("compressed", [True, False])
def test_reads_what_simpleitk_writes(tmp_path: Path, dtype: str, compressed: bool) -> None:
    image = oblique_image(dtype)
    sitk.WriteImage(image, str(tmp_path / "a.mha"), useCompression=compressed)
    found = read_metaimage(tmp_path / "a.mha")
    assert found.array.dtype == np.dtype(dtype)
    assert np.array_equal(found.array, sitk.GetArrayViewFromImage(image))
    assert found.spacing == (2.5, 0.8, 0.7)
    assert found.voxel_volume == pytest.approx(1.4)


def test_a_written_mask_lies_where_the_image_lies(tmp_path: Path) -> None:
    image = oblique_image("i2")
    sitk.WriteImage(image, str(tmp_path / "a.mha"))
    found = read_metaimage(tmp_path / "a.mha")
    mask = MetaImage(array=(found.array > 30).astype(np.uint8), geometry=found.geometry)
    write_metaimage(tmp_path / "folder" / "mask.mha", mask)
    written = sitk.ReadImage(str(tmp_path / "folder" / "mask.mha"))
    assert written.GetPixelID() == sitk.sitkUInt8
    assert written.GetSpacing() == image.GetSpacing()
    assert written.GetOrigin() == image.GetOrigin()
    assert written.GetDirection() == image.GetDirection()
    assert np.array_equal(sitk.GetArrayFromImage(written), mask.array)


def test_big_endian_voxels_are_read(tmp_path: Path) -> None:
    header = "NDims = 2\nDimSize = 2 1\nElementType = MET_SHORT\nBinaryDataByteOrderMSB = True\n"
    path = tmp_path / "a.mha"
    path.write_bytes(f"{header}ElementDataFile = LOCAL\n".encode() + b"\x01\x00\x00\x02")
    assert read_metaimage(path).array.tolist() == [[256, 2]]


BASE = "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01 not an image", "no MetaImage header"),
        (b"", "no MetaImage header"),
        (BASE.encode() + b"abc", "ends early: 3 of 4 bytes"),
        (BASE.replace("LOCAL", "other.raw").encode(), "in another file"),
        (BASE.replace("MET_UCHAR", "MET_STRING").encode(), "MET_STRING is not supported"),
        (BASE.replace("2 2", "2 2 2 2").encode(), "two or three are needed"),
        (BASE.replace("2 2", "-2 2").encode(), "two or three are needed"),
        (BASE.replace("2 2", "999999 999999").encode(), "GB large"),
        (("CompressedData = True\n" + BASE).encode() + b"zz", "incorrect header check"),
        (("ElementNumberOfChannels = 3\n" + BASE).encode(), "several channels"),
    ],
)
def test_what_is_not_a_usable_image_is_refused_by_name(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "case.mha"
    path.write_bytes(content)
    with pytest.raises(MetaImageError, match=rf"case\.mha cannot be read: .*{message}"):
        read_metaimage(path)
