"""Transfer syntaxes: every encoding of a series gives the same image."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from app.images.conversion import ConversionError, ConvertedImage, Limits, convert, scan
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def _rewritten(path: Path, syntax: UID) -> None:
    dataset = dcmread(path)
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    implicit = syntax == ImplicitVRLittleEndian
    fresh = Dataset()
    fresh.update(dataset)
    fresh.file_meta = dataset.file_meta
    dcmwrite(
        path, fresh, implicit_vr=implicit, little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )  # fmt: skip


def _encapsulated(path: Path, frame: Callable[[np.ndarray], bytes], syntax: UID) -> None:
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([frame(dataset.pixel_array)])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_uncompressed_encodings(syntax: UID, convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    paths = dicom.save(dicom.classic(stored), tmp_path / "in")
    for path in paths:
        _rewritten(path, syntax)
    assert np.array_equal(pixels_of(convert_one(paths)), stored.astype(int) - 1024)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_codecs(syntax: UID, convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(rows=64, columns=48)
    series = dicom.classic(stored)
    for dataset in series:
        dataset.compress(syntax, generate_instance_uid=False)
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


def test_lossless_jpeg(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    paths = dicom.save(dicom.classic(stored), tmp_path / "in")
    for path in paths:
        _encapsulated(
            path, lambda a: imagecodecs.ljpeg_encode(a, bitspersample=12), JPEGLosslessSV1
        )
    assert np.array_equal(pixels_of(convert_one(paths)), stored.astype(int) - 1024)


def test_twelve_bit_jpeg(convert_one: ConvertOne, tmp_path: Path) -> None:
    ramp = (np.add.outer(np.arange(32), np.arange(48)) * 40).astype(np.uint16)
    stored = np.stack([ramp, ramp + 300])
    paths = dicom.save(dicom.classic(stored), tmp_path / "in")
    for path in paths:
        _encapsulated(
            path, lambda a: imagecodecs.jpeg_encode(a, level=100, bitspersample=12),
            JPEGExtended12Bit,
        )  # fmt: skip
    assert np.abs(pixels_of(convert_one(paths)) - (stored.astype(int) - 1024)).max() <= 8


def test_multi_frame_fragments_without_offset_table(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored)
    frames = [imagecodecs.jpegls_encode(plane) for plane in stored]
    made.PixelData = encapsulate(frames, has_bot=False)
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = JPEGLSLossless
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


def _compressed(stored: np.ndarray, syntax: UID = JPEG2000Lossless) -> list[bytes]:
    return [
        imagecodecs.jpeg2k_encode(plane, codecformat="j2k", reversible=True, level=0)
        if syntax == JPEG2000Lossless
        else imagecodecs.jpegls_encode(plane)
        for plane in stored
    ]


@pytest.mark.parametrize(
    ("table", "fragments"),
    [("basic", 1), ("basic", 3), ("none", 1), ("none", 3), ("extended", 1)],
)
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_frames_are_found_whatever_the_offset_tables(
    syntax: UID, fragments: int, table: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(rows=64, columns=48)
    made = dicom.enhanced(stored)
    frames = _compressed(stored, syntax)
    if table == "extended":
        made.PixelData, made.ExtendedOffsetTable, made.ExtendedOffsetTableLengths = (
            encapsulate_extended(frames)
        )
    else:
        made.PixelData = encapsulate(
            frames, fragments_per_frame=fragments, has_bot=table == "basic"
        )
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = syntax
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


@pytest.mark.parametrize("fragments", [2, 5])
def test_one_frame_in_many_fragments(
    fragments: int, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(rows=64, columns=48)
    series = dicom.classic(stored)
    for dataset, data in zip(series, _compressed(stored), strict=True):
        dataset.PixelData = encapsulate([data], fragments_per_frame=fragments, has_bot=False)
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"])
def test_high_throughput_jpeg_2000(syntax: str, convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(rows=64, columns=48)
    paths = dicom.save(dicom.classic(stored), tmp_path / "in")
    for path in paths:
        _encapsulated(path, lambda a: imagecodecs.htj2k_encode(a, reversible=True), UID(syntax))
    assert np.array_equal(pixels_of(convert_one(paths)), stored.astype(int) - 1024)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102"]
)
def test_pixels_elsewhere_and_videos_are_named(syntax: str, codes: Codes, tmp_path: Path) -> None:
    (path,) = dicom.save(dicom.classic(dicom.volume(slices=1)), tmp_path / "in")
    dataset = dcmread(path)
    if syntax.endswith(".94"):
        del dataset.PixelData
    else:
        dataset.PixelData = encapsulate([b"video data"])
        dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)
    assert codes([path]) == {"0000.dcm": "UnsupportedTransferSyntax"}


def _bombs() -> list[tuple[str, bytes]]:
    """Frames of 9 x 7 pixels whose streams claim thousands."""
    small = dicom.volume(slices=1, rows=9, columns=7)[0]
    claim = (65500).to_bytes(2, "big")
    classic = bytearray(imagecodecs.jpeg_encode(small.astype(np.uint8)))
    at = classic.index(b"\xff\xc0")
    classic[at + 5 : at + 9] = claim * 2
    lossless = bytearray(imagecodecs.ljpeg_encode(small, bitspersample=12))
    at = lossless.index(b"\xff\xc3")
    lossless[at + 5 : at + 9] = claim * 2
    ls = bytearray(imagecodecs.jpegls_encode(small))
    at = ls.index(b"\xff\xf7")
    ls[at + 5 : at + 9] = claim * 2
    j2k = bytearray(imagecodecs.jpeg2k_encode(small, codecformat="j2k", reversible=True, level=0))
    at = j2k.index(b"\xff\x4f\xff\x51")
    j2k[at + 8 : at + 16] = (0x00FFFFFF).to_bytes(4, "big") * 2
    return [
        (str(JPEGExtended12Bit), bytes(classic)),
        (str(JPEGLosslessSV1), bytes(lossless)),
        (str(JPEGLSLossless), bytes(ls)),
        (str(JPEG2000Lossless), bytes(j2k)),
    ]


@pytest.mark.parametrize(("syntax", "data"), _bombs())
def test_a_stream_that_claims_more_than_the_header_is_not_decoded(
    syntax: str, data: bytes, tmp_path: Path
) -> None:
    made = dicom.picture(dicom.volume(slices=1, rows=9, columns=7)[0])
    made.PixelData = encapsulate([data])
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = syntax
    (group,) = scan(dicom.save([made], tmp_path / "in")).groups
    with pytest.raises(ConversionError, match="the header says 7 x 9 with 1") as raised:
        convert(group, tmp_path)
    assert raised.value.code == "DecodeFailed"


@pytest.mark.parametrize(
    ("attributes", "limits"),
    [
        ({"Rows": 65535, "Columns": 65535}, {}),
        ({"NumberOfFrames": 100_000_000}, {}),
        ({"NumberOfFrames": 50}, {"image_bytes": 10_000}),
        ({"NumberOfFrames": 50}, {"frames": 49}),
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_what_a_header_claims_is_checked_before_it_is_allocated(
    compressed: bool, attributes: dict[str, int], limits: dict[str, int], tmp_path: Path
) -> None:
    made = dicom.picture(dicom.volume()[0], modality="US")
    if compressed:
        made.compress(RLELossless, generate_instance_uid=False)
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    (issue,) = scan(dicom.save([made], tmp_path / "in"), limits=Limits(**limits)).skipped
    assert issue.code == "TooLarge"


@pytest.mark.parametrize(
    "sop_class",
    [
        "1.2.840.10008.5.1.4.1.1.88.33",  # structured report
        "1.2.840.10008.5.1.4.1.1.88.59",  # key objects
        "1.2.840.10008.5.1.4.1.1.481.3",  # RT structures
        "1.2.840.10008.5.1.4.1.1.481.5",  # RT plan
        "1.2.840.10008.5.1.4.1.1.11.1",  # presentation state
        "1.2.840.10008.5.1.4.1.1.9.1.1",  # electrocardiogram
        "1.2.840.10008.5.1.4.1.1.104.1",  # PDF
        "1.2.840.10008.5.1.4.1.1.66.1",  # registration
    ],
)
def test_objects_without_pixels_are_named(sop_class: str, tmp_path: Path) -> None:
    made = dicom.picture(np.zeros((2, 2), np.uint8), sop_class=UID(sop_class))
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "SamplesPerPixel"):
        delattr(made, keyword)
    (issue,) = scan(dicom.save([made], tmp_path / "in")).skipped
    assert issue.code == "NotAnImage"
    assert UID(sop_class).name in issue.message


def test_a_deflated_file_is_measured_before_it_is_inflated(tmp_path: Path) -> None:
    (path,) = dicom.save(dicom.classic(np.zeros((1, 900, 900), np.uint16)), tmp_path / "in")
    _rewritten(path, DeflatedExplicitVRLittleEndian)
    assert path.stat().st_size < 10_000
    (issue,) = scan([path], limits=Limits(deflated_bytes=1_000_000)).skipped
    assert issue.code == "TooLarge"
    assert scan([path], limits=Limits(deflated_bytes=2_000_000)).skipped == []


def test_without_preamble_and_meta(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    paths = dicom.save(dicom.classic(stored), tmp_path / "in")
    for path in paths:
        dataset = dcmread(path)
        dataset.preamble = None
        del dataset.file_meta
        dataset.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    assert np.array_equal(pixels_of(convert_one(paths)), stored.astype(int) - 1024)


def test_an_unknown_encoding_is_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=2))
    for dataset in series:
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    issues = codes(dicom.save(series, tmp_path / "in"))
    assert set(issues.values()) == {"UnsupportedTransferSyntax"}


def test_damaged_compressed_data_is_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=2, rows=64, columns=48))
    for dataset in series:
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    paths = dicom.save(series, tmp_path / "in")
    raw = bytearray(paths[1].read_bytes())
    start = raw.index(b"\xff\x4f\xff\x51")
    raw[start : start + 4] = zlib.crc32(b"damage").to_bytes(4, "big")
    paths[1].write_bytes(raw)
    assert codes(paths) == {"0001.dcm": "DecodeFailed"}


@pytest.mark.parametrize(
    ("encode", "syntax"),
    [
        (imagecodecs.jpegls_encode, JPEGLSLossless),
        (lambda a: imagecodecs.ljpeg_encode(a, bitspersample=12), JPEGLosslessSV1),
        (lambda a: imagecodecs.jpeg_encode(a, bitspersample=12), JPEGExtended12Bit),
    ],
)
def test_compressed_data_without_its_end_is_named(
    encode: Callable[[np.ndarray], bytes], syntax: UID, codes: Codes, tmp_path: Path
) -> None:
    paths = dicom.save(dicom.classic(dicom.volume(slices=2, rows=64, columns=48)), tmp_path / "in")
    _encapsulated(paths[0], encode, syntax)
    _encapsulated(paths[1], lambda plane: encode(plane)[:-400], syntax)
    assert codes(paths) == {"0001.dcm": "TruncatedPixelData"}


def test_truncated_pixels_name_the_file_and_spare_the_others(tmp_path: Path) -> None:
    paths = dicom.save(dicom.classic(dicom.volume()), tmp_path / "in")
    paths[-1].write_bytes(paths[-1].read_bytes()[:-50])
    images, issues = convert_files(paths, tmp_path / "out")
    assert issues == {"0004.dcm": "TruncatedPixelData"}
    assert [image.size for image in images] == [(10, 12, 4)]


def test_a_file_cut_off_in_its_header_is_not_taken_for_no_image(
    codes: Codes, tmp_path: Path
) -> None:
    (path,) = dicom.save(dicom.classic(dicom.volume(slices=1)), tmp_path / "in")
    path.write_bytes(path.read_bytes()[:-300])
    assert codes([path]) == {"0000.dcm": "TruncatedPixelData"}


def test_an_object_without_pixels_is_no_image(codes: Codes, tmp_path: Path) -> None:
    made = dicom.picture(np.zeros((2, 2), np.uint8), sop_class=UID("1.2.840.10008.5.1.4.1.1.88.11"))
    del made.PixelData, made.Rows, made.Columns
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NotAnImage"}


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("Rows", 4000, "TruncatedPixelData"),
        ("Rows", 6, "InvalidHeader"),
        ("BitsAllocated", 12, "UnsupportedPixelFormat"),
        ("SamplesPerPixel", 2, "InvalidHeader"),
        ("PhotometricInterpretation", "HSV", "UnsupportedPhotometric"),
        ("BitsStored", 17, "InvalidHeader"),
        ("PixelSpacing", [1, -1], "InvalidHeader"),
        ("ImagePositionPatient", [1, 2], "InvalidHeader"),
    ],
)
def test_a_header_that_cannot_be_true_is_named(
    keyword: str, value: object, code: str, tmp_path: Path
) -> None:
    series = dicom.classic(dicom.volume())
    setattr(series[-1], keyword, value)
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert issues == {"0004.dcm": code}
    assert len(images) == 1


def test_an_image_larger_than_allowed_is_refused_before_it_is_read(tmp_path: Path) -> None:
    paths = dicom.save(dicom.classic(dicom.volume(slices=2)), tmp_path / "in")
    result = scan(paths, limits=Limits(frame_bytes=100))
    assert {issue.code for issue in result.skipped} == {"TooLarge"}
    assert result.groups == []
