"""NIfTI: which form counts, units, scaled values, streams that lie, files larger than memory."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.images.conversion import ConvertedImage
from tests.data import DATA
from tests.images.conversion.conftest import convert_files, pixels_of, sitk
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
Change = Callable[[bytearray], None]
VALUES = dicom.volume().astype(np.int16)
TURNED = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def _unchanged(raw: bytearray) -> None:
    pass


def _written(folder: Path, change: Change = _unchanged, *, values: np.ndarray = VALUES) -> Path:
    image = sitk.GetImageFromArray(values, isVector=False)
    if values.ndim == 3:
        image.SetSpacing((0.5, 0.75, 2.5))
        image.SetOrigin((-10.0, 20.0, 30.0))
        image.SetDirection(TURNED)
    path = folder / "a.nii"
    sitk.WriteImage(image, str(path))
    raw = bytearray(path.read_bytes())
    change(raw)
    path.write_bytes(raw)
    return path


def _codes(image: ConvertedImage) -> list[str]:
    return [remark.code for remark in image.warnings]


def _forms(qform: int, sform: int) -> Change:
    def change(raw: bytearray) -> None:
        struct.pack_into("<2h", raw, 252, qform, sform)
        struct.pack_into("<f", raw, 268, 99.0)  # qoffset_x: RAS, so -99 in LPS

    return change


@pytest.mark.parametrize(
    ("qform", "sform", "used"),
    [(1, 1, "sform"), (2, 1, "sform"), (1, 2, "qform"), (1, 4, "qform"), (2, 2, "qform"),
     (0, 2, "sform"), (1, 0, "qform")],
)  # fmt: skip
def test_the_form_in_scanner_coordinates_counts(
    qform: int, sform: int, used: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    path = _written(tmp_path, _forms(qform, sform))
    image = convert_one([path])
    assert image.origin[0] == (-10.0 if used == "sform" else -99.0)
    assert image.origin == pytest.approx(sitk.ReadImage(str(path)).GetOrigin())
    said = [remark.message for remark in image.warnings]
    assert said == ([f"qform and sform differ; the {used} is used."] if qform and sform else [])


def _sheared(raw: bytearray) -> None:
    struct.pack_into("<f", raw, 280, 0.3)


def test_a_sheared_sform_gives_way_to_the_qform(convert_one: ConvertOne, tmp_path: Path) -> None:
    image = convert_one([_written(tmp_path, _sheared)])
    assert image.direction == pytest.approx(TURNED, abs=1e-6)
    assert _codes(image) == ["FormsDisagree"]


@pytest.mark.parametrize(("unit", "factor"), [(0, 1.0), (1, 1000.0), (2, 1.0), (3, 0.001)])
def test_units_of_length(unit: int, factor: float, convert_one: ConvertOne, tmp_path: Path) -> None:
    def change(raw: bytearray) -> None:
        raw[123] = unit

    image = convert_one([_written(tmp_path, change)])
    assert image.spacing == pytest.approx([factor * value for value in (0.5, 0.75, 2.5)])
    assert image.origin == pytest.approx([factor * value for value in (-10.0, 20.0, 30.0)])


@pytest.mark.parametrize(
    ("unit", "step"), [(8, 2500.0), (16, 2.5), (24, 0.0025), (32, None), (0, None)]
)
def test_units_of_time(
    unit: int, step: float | None, convert_one: ConvertOne, tmp_path: Path
) -> None:
    def change(raw: bytearray) -> None:
        raw[123] = 2 | unit
        struct.pack_into("<f", raw, 92, 2500.0)

    values = dicom.volume(slices=6).reshape(2, 3, 12, 10).astype(np.int16)
    image = convert_one([_written(tmp_path, change, values=values)])
    assert image.time_step == step
    assert image.size == (10, 12, 3, 2)
    assert sitk.ReadImage(str(image.path)).GetSpacing()[3] == (step or 1.0)
    assert ("TimeStepUnknown" in _codes(image)) == (step is None)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [(2.0, -100.0, "int16"), (16.0, 0.0, "uint16"), (1.0, -1024.0, "int16"),
     (100000.0, 0.0, "int32"), (0.5, 0.25, "float32"), (0.0, 7.0, "int16")],
)  # fmt: skip
def test_scaled_values_are_exact(
    slope: float, intercept: float, dtype: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    def change(raw: bytearray) -> None:
        struct.pack_into("<2f", raw, 112, slope, intercept)

    image = convert_one([_written(tmp_path, change)])
    expected = VALUES * slope + intercept if slope else VALUES
    assert image.element_type == dtype
    assert np.array_equal(pixels_of(image), expected)


def test_a_slope_that_is_no_number_is_named(codes: Codes, tmp_path: Path) -> None:
    def change(raw: bytearray) -> None:
        struct.pack_into("<f", raw, 112, float("nan"))

    assert codes([_written(tmp_path, change)]) == {"a.nii": "InvalidRescale"}


def test_colors_lose_their_transparency(convert_one: ConvertOne, tmp_path: Path) -> None:
    colors = np.random.default_rng(1).integers(0, 255, (4, 5, 24)).astype(np.uint8)

    def change(raw: bytearray) -> None:
        struct.pack_into("<h", raw, 42, 6)
        struct.pack_into("<2h", raw, 70, 2304, 32)

    image = convert_one([_written(tmp_path, change, values=colors)])
    assert np.array_equal(pixels_of(image), colors.reshape(4, 5, 6, 4)[..., :3])
    assert "AlphaDropped" in _codes(image)


def test_a_slice_keeps_its_place_in_the_patient(convert_one: ConvertOne, tmp_path: Path) -> None:
    def change(raw: bytearray) -> None:
        struct.pack_into("<h", raw, 40, 2)

    image = convert_one([_written(tmp_path, change, values=VALUES[:1])])
    assert image.size == (10, 12, 1)
    assert image.direction == pytest.approx(TURNED, abs=1e-6)


def test_the_second_version_is_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = bytearray(544)
    struct.pack_into("<i8s2h", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16)
    struct.pack_into("<8q", header, 16, 3, 10, 12, 5, 1, 1, 1, 1)
    struct.pack_into("<8d", header, 104, 1, 0.5, 0.75, 2.5, 1, 0, 0, 0)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<2d", header, 176, 2.0, 1.0)
    struct.pack_into("<2i", header, 344, 0, 1)
    struct.pack_into("<12d", header, 400, -0.5, 0, 0, 10, 0, -0.75, 0, -20, 0, 0, 2.5, 30)
    struct.pack_into("<i", header, 500, 2)
    (tmp_path / "a.nii").write_bytes(bytes(header) + VALUES.tobytes())
    image = convert_one([tmp_path / "a.nii"])
    assert np.array_equal(pixels_of(image), VALUES * 2 + 1)
    assert image.spacing == (0.5, 0.75, 2.5)
    assert image.origin == (-10.0, 20.0, 30.0)
    assert image.direction == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def test_big_endian_files_are_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    raw = bytearray(352)
    struct.pack_into(">i", raw, 0, 348)
    struct.pack_into(">8h", raw, 40, 3, 10, 12, 5, 1, 1, 1, 1)
    struct.pack_into(">2h", raw, 70, 4, 16)
    struct.pack_into(">8f", raw, 76, 1, 0.5, 0.75, 2.5, 0, 0, 0, 0)
    struct.pack_into(">f", raw, 108, 352)
    raw[344:348] = b"n+1\0"
    (tmp_path / "a.nii").write_bytes(bytes(raw) + VALUES.astype(">i2").tobytes())
    image = convert_one([tmp_path / "a.nii"])
    assert np.array_equal(pixels_of(image), VALUES)
    assert _codes(image) == ["NoOrientation"]


def test_a_damaged_checksum_is_named(codes: Codes, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(_written(tmp_path).read_bytes()))
    packed[-8] ^= 0xFF
    path = tmp_path / "b.nii.gz"
    path.write_bytes(packed)
    assert codes([path]) == {"b.nii.gz": "DecodeFailed"}


def test_a_stream_that_never_ends_is_left_after_its_pixels(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    raw = _written(tmp_path).read_bytes()
    path = tmp_path / "b.nii.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(raw)
        for _ in range(256):
            file.write(bytes(1 << 20))
    image = convert_one([path])
    assert np.array_equal(pixels_of(image), VALUES)
    assert _codes(image) == ["TrailingData"]


def test_a_header_that_claims_more_than_the_stream_holds(codes: Codes, tmp_path: Path) -> None:
    def change(raw: bytearray) -> None:
        struct.pack_into("<8h", raw, 40, 3, 2000, 2000, 1000, 1, 1, 1, 1)

    path = tmp_path / "b.nii.gz"
    path.write_bytes(gzip.compress(_written(tmp_path, change).read_bytes()))
    assert codes([path]) == {"b.nii.gz": "TruncatedPixelData"}
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="no ../shared/data")
@pytest.mark.parametrize("folder", ["nifti", "nrrd_mha", "nrrd_detached"])
def test_an_independent_reader_sees_the_same(folder: str, tmp_path: Path) -> None:
    assert DATA is not None
    files = sorted(path for path in (DATA / folder).iterdir() if path.is_file())
    images, _ = convert_files(files, tmp_path / "out")
    assert len(images) >= 4
    for image in images:
        expected = sitk.ReadImage(str(image.sources[0]))
        found = sitk.ReadImage(str(image.path))
        count = len(image.spacing)
        np.testing.assert_allclose(
            sitk.GetArrayViewFromImage(found), sitk.GetArrayViewFromImage(expected), rtol=1e-5
        )
        assert found.GetSize() == expected.GetSize()
        assert found.GetSpacing()[:count] == pytest.approx(expected.GetSpacing()[:count], abs=1e-5)
        assert found.GetOrigin()[:count] == pytest.approx(expected.GetOrigin()[:count], abs=1e-4)
        assert found.GetDirection() == pytest.approx(expected.GetDirection(), abs=1e-5)
