"""NIfTI, NRRD and MetaImage: same pixels and geometry out, hostile headers refused."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.images.conversion import ConvertedImage, Limits, scan
from tests.images.conversion.conftest import convert_files, pixels_of, sitk
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def _image(values: np.ndarray) -> object:
    image = sitk.GetImageFromArray(values, isVector=False)
    if values.ndim == 3:
        image.SetSpacing((0.5, 0.75, 2.5))
        image.SetOrigin((-10.0, 20.0, 30.0))
        image.SetDirection(TURNED)
    return image


@pytest.mark.parametrize(
    "name", ["a.nii", "a.nii.gz", "a.hdr", "a.nrrd", "a.nhdr", "a.mha", "a.mhd"]
)
def test_what_goes_in_comes_out(name: str, convert_one: ConvertOne, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    values = dicom.volume().astype(np.int16)
    sitk.WriteImage(_image(values), str(folder / name))
    image = convert_one(sorted(folder.iterdir()))
    assert len(image.sources) == len(list(folder.iterdir()))
    assert np.array_equal(pixels_of(image), values)
    assert image.spacing == pytest.approx((0.5, 0.75, 2.5))
    assert image.origin == pytest.approx((-10.0, 20.0, 30.0))
    assert image.direction == pytest.approx(TURNED)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int32", "uint32", "float32", "float64"]
)
def test_types_are_kept(dtype: str, convert_one: ConvertOne, tmp_path: Path) -> None:
    values = (dicom.volume() % 120).astype(dtype)
    sitk.WriteImage(_image(values), str(tmp_path / "a.mha"))
    image = convert_one([tmp_path / "a.mha"])
    assert image.element_type == dtype
    assert np.array_equal(pixels_of(image), values)


def test_long_integers_become_short_ones(convert_one: ConvertOne, tmp_path: Path) -> None:
    values = dicom.volume().astype(np.int64)
    sitk.WriteImage(_image(values), str(tmp_path / "a.mha"))
    image = convert_one([tmp_path / "a.mha"])
    assert image.element_type == "int16"
    assert np.array_equal(pixels_of(image), values)


def test_integers_beyond_32_bits_are_refused(codes: Codes, tmp_path: Path) -> None:
    values = dicom.volume().astype(np.int64) << 40
    sitk.WriteImage(_image(values), str(tmp_path / "a.mha"))
    assert codes([tmp_path / "a.mha"]) == {"a.mha": "UnsupportedPixelFormat"}


def _nifti(tmp_path: Path, change: Callable[[bytearray], None]) -> Path:
    path = tmp_path / "a.nii"
    sitk.WriteImage(_image(dicom.volume().astype(np.int16)), str(path))
    raw = bytearray(path.read_bytes())
    change(raw)
    path.write_bytes(raw)
    return path


def _sheared(raw: bytearray) -> None:
    struct.pack_into("<h", raw, 252, 0)
    struct.pack_into("<12f", raw, 280, 1, 0.3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)


def _five_components(raw: bytearray) -> None:
    struct.pack_into("<8h", raw, 40, 5, 10, 12, 1, 1, 5, 1, 1)


def _endless(raw: bytearray) -> None:
    struct.pack_into("<8h", raw, 40, 3, 32000, 32000, 32000, 1, 1, 1, 1)


def _longer(raw: bytearray) -> None:
    struct.pack_into("<8h", raw, 40, 3, 10, 12, 50, 1, 1, 1, 1)


def _complex(raw: bytearray) -> None:
    struct.pack_into("<h", raw, 70, 32)


def _flat_pixels(raw: bytearray) -> None:
    struct.pack_into("<f", raw, 80, 0.0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_sheared, "NonOrthogonal"),
        (_five_components, "UnsupportedPixelFormat"),
        (_endless, "TooLarge"),
        (_longer, "TruncatedPixelData"),
        (_complex, "UnsupportedPixelFormat"),
        (_flat_pixels, "InvalidHeader"),
    ],
)
def test_nifti_headers_that_cannot_be_trusted(
    change: Callable[[bytearray], None], code: str, codes: Codes, tmp_path: Path
) -> None:
    assert codes([_nifti(tmp_path, change)]) == {"a.nii": code}


def test_nifti_without_orientation_says_so(convert_one: ConvertOne, tmp_path: Path) -> None:
    image = convert_one([_nifti(tmp_path, lambda raw: struct.pack_into("<2h", raw, 252, 0, 0))])
    assert "NoOrientation" in [remark.code for remark in image.warnings]


def test_nifti_whose_forms_disagree_says_so(convert_one: ConvertOne, tmp_path: Path) -> None:
    image = convert_one([_nifti(tmp_path, lambda raw: struct.pack_into("<f", raw, 268, 99.0))])
    assert "FormsDisagree" in [remark.code for remark in image.warnings]


def test_a_compressed_size_that_is_too_small_is_refused(codes: Codes, tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    sitk.WriteImage(_image(dicom.volume().astype(np.int16)), str(path), True)
    raw = path.read_bytes()
    start = raw.index(b"CompressedDataSize = ") + 21
    end = raw.index(b"\n", start)
    path.write_bytes(raw[:start] + str(int(raw[start:end]) // 2).encode() + raw[end:])
    assert codes([path]) == {"a.mha": "TruncatedPixelData"}


def _contradicting(raw: bytearray) -> None:
    struct.pack_into("<h", raw, 252, 0)
    struct.pack_into("<f", raw, 80, 7.0)


def test_nifti_whose_pixel_size_contradicts_its_only_form_is_refused(
    codes: Codes, tmp_path: Path
) -> None:
    assert codes([_nifti(tmp_path, _contradicting)]) == {"a.nii": "InvalidHeader"}


def test_nifti_time_is_in_seconds(convert_one: ConvertOne, tmp_path: Path) -> None:
    values = dicom.volume(slices=6).reshape(2, 3, 12, 10).astype(np.int16)
    sitk.WriteImage(_image(values), str(tmp_path / "a.nii"))
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[123] = 2 | 16
    struct.pack_into("<f", raw, 92, 2500.0)
    (tmp_path / "a.nii").write_bytes(raw)
    image = convert_one([tmp_path / "a.nii"])
    assert image.time_step == 2.5
    assert sitk.ReadImage(str(image.path)).GetSpacing()[3] == 2.5


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
@pytest.mark.parametrize("kept", [0.6, 0.97])
def test_truncated_compressed_pixels_are_named(
    kept: float, name: str, codes: Codes, tmp_path: Path
) -> None:
    path = tmp_path / name
    sitk.WriteImage(_image(dicom.volume().astype(np.int16)), str(path), True)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * kept)])
    assert codes([path]) == {name: "TruncatedPixelData"}


def test_gzip_in_several_members_is_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    values = dicom.volume().astype(np.int16)
    sitk.WriteImage(_image(values), str(tmp_path / "a.nii"))
    raw = (tmp_path / "a.nii").read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(raw[:500]) + gzip.compress(raw[500:]))
    assert np.array_equal(pixels_of(convert_one([tmp_path / "b.nii.gz"])), values)


METAIMAGE = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 0 0 0
ElementSpacing = 1 1 1
DimSize = 2 2 2
ElementType = MET_UCHAR
ElementDataFile = LOCAL
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("= LOCAL", "= ../secret.raw", "UnsafePath"),
        ("= LOCAL", "= /etc/hostname", "UnsafePath"),
        ("= LOCAL", "= absent.raw", "MissingDataFile"),
        ("= LOCAL", "= LIST", "UnsupportedFormat"),
        ("= LOCAL", "= slice%03d.raw 1 2 1", "UnsupportedFormat"),
        ("DimSize = 2 2 2", "DimSize = 99999 99999 9", "TooLarge"),
        ("DimSize = 2 2 2", "DimSize = 3 2 2", "TruncatedPixelData"),
        ("DimSize = 2 2 2", "DimSize = 2 2", "InvalidHeader"),
        ("DimSize = 2 2 2", "DimSize = 2 2 2\nDimSize = 3 3 3", "InvalidHeader"),
        ("1 0 0 0 1 0 0 0 1", "1 0.2 0 0 1 0 0 0 1", "NonOrthogonal"),
        ("MET_UCHAR", "MET_STRING", "UnsupportedPixelFormat"),
        ("ElementSpacing = 1 1 1", "ElementSpacing = 1 nan 1", "InvalidHeader"),
        ("Offset", "HeaderSize = 4\nOffset", "InvalidHeader"),
        ("Offset", "ElementNumberOfChannels = 5\nOffset", "UnsupportedPixelFormat"),
    ],
)
def test_metaimage_headers_that_cannot_be_trusted(
    old: str, new: str, code: str, codes: Codes, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(8))
    path = folder / "a.mha"
    path.write_bytes(METAIMAGE.replace(old, new).encode() + bytes(8))
    assert codes([path]) == {"a.mha": code}


def test_the_metaimage_those_headers_come_from_is_fine(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    (tmp_path / "a.mha").write_bytes(METAIMAGE.encode() + bytes(range(8)))
    assert pixels_of(convert_one([tmp_path / "a.mha"])).ravel().tolist() == list(range(8))


def test_comments_of_a_metaimage_are_not_passed_on(convert_one: ConvertOne, tmp_path: Path) -> None:
    text = METAIMAGE.replace("Offset", "Comment = Sentinel patient\nOffset")
    (tmp_path / "a.mha").write_bytes(text.encode() + bytes(8))
    assert b"Sentinel" not in convert_one([tmp_path / "a.mha"]).path.read_bytes()


NRRD = """NRRD0004
type: uint8
dimension: 3
sizes: 2 2 2
encoding: raw
space: left-posterior-superior
space directions: (1,0,0) (0,1,0) (0,0,1)
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("(0,1,0)", "(0.3,1,0)", "NonOrthogonal"),
        ("(0,1,0)", "(0,0,0)", "InvalidHeader"),
        ("sizes: 2 2 2", "sizes: 2 2", "InvalidHeader"),
        ("sizes: 2 2 2", "sizes: 90000 90000 9", "TooLarge"),
        ("sizes: 2 2 2", "sizes: 3 3 3", "TruncatedPixelData"),
        ("type: uint8", "type: block", "UnsupportedPixelFormat"),
        ("encoding: raw", "encoding: bzip2", "UnsupportedFormat"),
        ("encoding: raw", "encoding: raw\ndata file: ../secret.raw", "UnsafePath"),
        ("encoding: raw", "encoding: raw\ndata file: absent.raw", "MissingDataFile"),
        ("encoding: raw", "encoding: raw\ndatafile: s%02d.raw 1 2 1", "UnsupportedFormat"),
        ("left-posterior-superior", "scanner-xyz", "InvalidHeader"),
    ],
)
def test_nrrd_headers_that_cannot_be_trusted(
    old: str, new: str, code: str, codes: Codes, tmp_path: Path
) -> None:
    path = tmp_path / "a.nrrd"
    path.write_bytes(NRRD.replace(old, new).encode() + b"\n" + bytes(8))
    assert codes([path]) == {"a.nrrd": code}


def test_nrrd_in_ras_is_turned_to_lps(convert_one: ConvertOne, tmp_path: Path) -> None:
    text = NRRD.replace("left-posterior", "right-anterior")
    text += "space origin: (5,6,7)\n"
    (tmp_path / "a.nrrd").write_bytes(text.encode() + b"\n" + bytes(range(8)))
    image = convert_one([tmp_path / "a.nrrd"])
    assert image.origin == (-5.0, -6.0, 7.0)
    assert image.direction == (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "a.mha").write_bytes(METAIMAGE.encode() + bytes(8))
    (folder / "link.mha").symlink_to(tmp_path / "a.mha")
    (folder / "b.mhd").write_bytes(METAIMAGE.replace("LOCAL", "b.raw").encode())
    (folder / "b.raw").symlink_to(tmp_path / "a.mha")
    images, issues = convert_files(sorted(folder.iterdir()), tmp_path / "out")
    assert images == []
    assert set(issues.values()) == {"UnsafePath"}


def test_the_size_is_checked_before_the_file_is_read(tmp_path: Path) -> None:
    sitk.WriteImage(_image(dicom.volume().astype(np.int16)), str(tmp_path / "a.nii.gz"))
    result = scan([tmp_path / "a.nii.gz"], limits=Limits(image_bytes=1000))
    assert [issue.code for issue in result.skipped] == ["TooLarge"]


@pytest.mark.parametrize("skip", [16, -1])
def test_bytes_before_detached_pixels_are_skipped(
    skip: int, convert_one: ConvertOne, tmp_path: Path
) -> None:
    text = METAIMAGE.replace("LOCAL", "a.raw").replace("Offset", f"HeaderSize = {skip}\nOffset")
    (tmp_path / "a.mhd").write_text(text)
    (tmp_path / "a.raw").write_bytes(bytes(16) + bytes(range(8)))
    image = convert_one([tmp_path / "a.mhd", tmp_path / "a.raw"])
    assert pixels_of(image).ravel().tolist() == list(range(8))


def test_a_compressed_data_file_is_joined_with_its_header(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    values = dicom.volume().astype(np.int16)
    sitk.WriteImage(_image(values), str(tmp_path / "a.mhd"), True)
    assert (tmp_path / "a.zraw").exists()
    image = convert_one([tmp_path / "a.mhd", tmp_path / "a.zraw"])
    assert len(image.sources) == 2
    assert np.array_equal(pixels_of(image), values)


def test_two_origins_that_differ_are_refused(codes: Codes, tmp_path: Path) -> None:
    text = METAIMAGE.replace("Offset = 0 0 0", "Offset = 0 0 0\nPosition = 0 0 1")
    (tmp_path / "a.mha").write_bytes(text.encode() + bytes(8))
    assert codes([tmp_path / "a.mha"]) == {"a.mha": "InvalidHeader"}


def test_a_negative_spacing_turns_the_axis_as_in_itk(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    text = METAIMAGE.replace("ElementSpacing = 1 1 1", "ElementSpacing = -2 1 1")
    (tmp_path / "a.mha").write_bytes(text.encode() + bytes(8))
    image = convert_one([tmp_path / "a.mha"])
    expected = sitk.ReadImage(str(tmp_path / "a.mha"))
    assert image.spacing == expected.GetSpacing() == (2.0, 1.0, 1.0)
    assert image.direction == expected.GetDirection()


def test_big_endian_pixels_are_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    text = METAIMAGE.replace("MSB = False", "MSB = True").replace("MET_UCHAR", "MET_USHORT")
    values = np.arange(8, dtype=np.uint16) * 1000
    (tmp_path / "a.mha").write_bytes(text.encode() + values.astype(">u2").tobytes())
    assert np.array_equal(pixels_of(convert_one([tmp_path / "a.mha"])).ravel(), values)


def test_an_image_of_ours_keeps_what_it_says(convert_one: ConvertOne, tmp_path: Path) -> None:
    text = METAIMAGE.replace(
        "Offset",
        "Modality = MET_MOD_CT\nWindowCenter = 40\nWindowWidth = 400\nRescaleType = HU\n"
        "PhotometricInterpretation = MONOCHROME1\nLaterality = Sentinel\nOffset",
    )
    (tmp_path / "a.mha").write_bytes(text.encode() + bytes(8))
    image = convert_one([tmp_path / "a.mha"])
    assert (image.modality, image.window_center, image.window_width) == ("CT", 40.0, 400.0)
    assert (image.photometric, image.rescale_type) == ("MONOCHROME1", "HU")
    written = image.path.read_bytes()
    assert b"WindowCenter = 40.0" in written
    assert b"Sentinel" not in written
