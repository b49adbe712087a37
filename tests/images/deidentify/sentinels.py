"""A DICOM file in which everything that may identify someone carries a recognizable value."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from app.images.deidentify.rules import table

WORD = "SENTINEL"
DATE = "19610517"
TIME = "171819.202122"
NUMBER = "76543.21"
UID_ROOT = "1.2.826.0.1.424242"
FLOAT = 76543.21875
SHORT, LONG, LONGER = 0xD431, 0x5E77AB1E, 0x5E77AB1E0DDBA115
_BINARY: dict[str, Any] = {
    "US": SHORT,
    "SS": SHORT - 0x10000,
    "UL": LONG,
    "SL": LONG,
    "UV": LONGER,
    "SV": LONGER,
    "FL": FLOAT,
    "FD": FLOAT,
    "OB": b"SENTINEL",
    "OW": b"SENTINEL",
    "UN": b"SENTINEL",
}
_TEXT = {"DA": DATE, "TM": TIME, "DT": DATE + TIME, "DS": NUMBER, "IS": "7654321", "AS": "077Y"}
NEEDLES: dict[str, list[bytes]] = {
    "word": [WORD.encode(codec) for codec in ("ascii", "utf-16-le", "utf-16-be")],
    "date": [DATE.encode(codec) for codec in ("ascii", "utf-16-le")],
    "time": [b"171819", b"202122"],
    "number": [b"76543", b"7654321", *(struct.pack(f"{o}d", FLOAT) for o in "<>")],
    "float": [struct.pack(f"{o}f", FLOAT) for o in "<>"],
    "integer": [struct.pack(f"{o}{k}", v) for o in "<>" for k, v in (("H", SHORT), ("I", LONG))],
    "uid": [UID_ROOT.encode("ascii")],
    "age": [b"077Y"],
}


def found_in(data: bytes) -> list[str]:
    """Return the kinds of sentinels that the bytes hold."""
    return [kind for kind, needles in NEEDLES.items() if any(n in data for n in needles)]


def table_tags() -> list[int]:
    """Return the attributes of the table that a data set can hold."""
    tags = [row["tag"] for row in table() if "x" not in row["tag"] and row["tag"] != "private"]
    return [int(tag, 16) for tag in tags if not tag.startswith(("0000", "0002", "0004", "fff"))]


def sentinel(tag: int) -> tuple[str, Any]:
    """Return VR and sentinel of an attribute."""
    vr = dictionary_VR(tag).split(" or ")[0] if dictionary_has_tag(tag) else "LO"
    if vr == "SQ":
        return vr, Sequence([personal_item()])
    if vr == "UI":
        return vr, f"{UID_ROOT}.{tag}"
    if vr in _BINARY:
        return vr, _BINARY[vr]
    return vr, _TEXT.get(vr, WORD)


def personal_item() -> Dataset:
    """Return an item with a name, dates, a code, a UID and a private block."""
    item = Dataset()
    item.PatientName = f"{WORD}^NESTED"
    item.PatientID = WORD
    item.PersonName = WORD
    item.ContentDate = DATE
    item.AcquisitionDateTime = DATE + TIME
    item.FrameAcquisitionDateTime = DATE + TIME
    item.TextValue = WORD
    item.CodeValue = WORD
    item.CodingSchemeDesignator = "99LOCAL"
    item.CodeMeaning = WORD
    item.ReferencedSOPInstanceUID = f"{UID_ROOT}.7"
    item.StackID = WORD
    item.add_new(0x00111001, "LO", WORD)
    item.add_new(0x00110010, "LO", WORD)
    return item


def sentinel_dataset() -> Dataset:
    """Return a CT image in which everything carries a sentinel."""
    dataset = Dataset()
    for tag in table_tags():
        dataset.add_new(BaseTag(tag), *sentinel(tag))
    dataset.SOPClassUID = CTImageStorage
    dataset.Modality = "CT"
    _add_pixels(dataset)
    _add_groups(dataset)
    _add_unlisted(dataset)
    _add_private(dataset)
    _add_graphics(dataset)
    return dataset


def _add_pixels(dataset: Dataset) -> None:
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.SamplesPerPixel, dataset.PixelRepresentation = 7, 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = bytes(16)


def _add_groups(dataset: Dataset) -> None:
    """Functional groups are outside the table; names and dates hide inside."""
    content = personal_item()
    content.DimensionIndexValues = [1, 2]
    frame = Dataset()
    frame.FrameContentSequence = Sequence([content])
    frame.PixelMeasuresSequence = Sequence([personal_item()])
    frame.OperatorsName = WORD
    dataset.PerFrameFunctionalGroupsSequence = Sequence([frame])
    shared = personal_item()
    shared.FrameAnatomySequence = Sequence([personal_item()])
    shared.FrameAnatomySequence[0].AnatomicRegionSequence = Sequence([personal_item()])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])


def _add_unlisted(dataset: Dataset) -> None:
    """Attributes outside the table, kept ones with unfit values among them."""
    dataset.add_new(0x00180015, "CS", "SENTINEL^HEAD")
    dataset.add_new(0x00081090, "LO", WORD)
    dataset.add_new(0x00089123, "UI", f"{UID_ROOT}.9")
    dataset.add_new(0x0018A060, "FD", FLOAT)
    dataset.add_new(0x00189004, "CS", WORD + "1961")
    dataset.add_new(0x00080300, "SQ", Sequence([personal_item()]))
    dataset.add_new(0x00082218, "SQ", Sequence([personal_item()]))
    dataset.add_new(0x0AAA0010, "LO", WORD)
    dataset.add_new(0x0AAA0014, "FL", FLOAT)
    dataset.add_new(0x0AAA0012, "SQ", Sequence([personal_item()]))
    dataset.add_new(0x00181210, "SH", WORD)


def _add_private(dataset: Dataset) -> None:
    for group in (0x0009, 0x0019, 0x0029, 0x0043, 0x7FE1):
        block = dataset.private_block(group, f"{WORD} {group}", create=True)
        block.add_new(0x01, "LO", WORD)
        block.add_new(0x02, "SQ", Sequence([personal_item()]))
        block.add_new(0x03, "UN", WORD.encode("ascii"))
    csa = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    csa.add_new(0x10, "OB", siemens_header())
    csa.add_new(0x20, "OB", b"MrPhoenix " + WORD.encode("ascii"))
    dataset.add_new(0x00311001, "LO", WORD)


def siemens_header() -> bytes:
    """Return a mosaic header with a name among its numbers."""
    parts = [b"SV10\x04\x03\x02\x01", struct.pack("<II", 3, 77)]
    for name, vr, value in (
        (b"NumberOfImagesInMosaic", b"US", b"9"),
        (b"PatientName", b"PN", WORD.encode("ascii")),
        (b"SliceNormalVector", b"FD", WORD.encode("ascii")),
    ):
        parts.append(struct.pack("<64si4siii", name, 1, vr, 6, 1, 77))
        parts.append(struct.pack("<4i", len(value), len(value), 77, len(value)))
        parts.append(value + bytes(-len(value) % 4))
    return b"".join(parts)


def _add_graphics(dataset: Dataset) -> None:
    for group in (0x6000, 0x6002, 0x601E):
        dataset.add_new(group << 16 | 0x0010, "US", 4)
        dataset.add_new(group << 16 | 0x0022, "LO", WORD)
        dataset.add_new(group << 16 | 0x3000, "OW", b"SENTINEL")
        dataset.add_new(group << 16 | 0x4000, "LT", WORD)
    for group in (0x5000, 0x5004):
        dataset.add_new(group << 16 | 0x0022, "LO", WORD)
        dataset.add_new(group << 16 | 0x3000, "OW", b"SENTINEL")


def sentinel_bytes(syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Return the file: sentinels also in preamble, file meta information and behind the end."""
    dataset = sentinel_dataset()
    dataset.add_new(0xFFFAFFFA, "SQ", Sequence([personal_item()]))
    dataset.add_new(0xFFFCFFFC, "OB", b"SENTINEL")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"{UID_ROOT}.3"
    meta.ImplementationClassUID = f"{UID_ROOT}.4"
    meta.ImplementationVersionName = WORD
    meta.SourceApplicationEntityTitle = WORD
    meta.SendingApplicationEntityTitle = WORD
    meta.PrivateInformationCreatorUID = f"{UID_ROOT}.5"
    meta.PrivateInformation = b"SENTINEL"
    dataset.file_meta = meta
    dataset.preamble = b"SENTINEL" * 16
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def sentinel_file(folder: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write the file of `sentinel_bytes`."""
    path = folder / "sentinels.dcm"
    path.write_bytes(sentinel_bytes(syntax))
    return path


def left_in(dataset: Dataset) -> set[str]:
    """Return the names of attributes, nested ones included, in which a sentinel is left."""
    names = set()
    for element in dataset:
        if element.VR == "SQ":
            names |= {name for item in element.value for name in left_in(item)}
            continue
        alone = Dataset()
        alone[element.tag] = element
        out = io.BytesIO()
        pydicom.dcmwrite(out, alone, implicit_vr=False, little_endian=True)
        if found_in(out.getvalue()):
            names.add(name_of(element.tag))
    return names


def name_of(tag: int) -> str:
    """Return the keyword, or the tag in digits."""
    return keyword_for_tag(tag) or f"{int(tag):08x}"
