"""De-identify a DICOM data set or file: PS3.15 Annex E on pydicom."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Final

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RawDataStorage,
)

from app.images.deidentify.engine import Walker
from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.pixeldata import (
    cut_trailing_bytes,
    hide_embedded_overlays,
    strip_compressed_comments,
)
from app.images.deidentify.profile import (
    BASIC_PROFILE,
    CLEAN_PIXEL_DATA,
    OPTIONS,
    SECRET_BYTES,
    Profile,
)
from app.images.deidentify.pseudonyms import Pseudonyms
from app.images.deidentify.report import Report
from app.images.deidentify.rules import TABLE_EDITION

_EVIDENCE: Final = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "Modality", "Rows")
IMPLEMENTATION_UID: Final = "2.25.302971844529906853268107206283306812041"
IMPLEMENTATION_NAME: Final = "HOUNSFIELD"
_TYPE_TWO: Final = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
)
"""Attributes that every patient's object has, if only empty (PS3.3 sections C.7.1 and C.7.2)."""


def deidentify(dataset: Dataset, *, profile: Profile, secret: bytes) -> Report:
    """De-identify a data set in place, its file meta information included.

    The same secret gives the same pseudonyms and UIDs, so that patients, studies and series stay
    together over files and imports. Pixels are not looked at (see `burned_in_risk` and `mask`).
    Raises DeidentificationError and nothing else; the data set is then in no state to be kept.
    """
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"a secret has at least {SECRET_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _deidentify(dataset, profile=profile, secret=secret)
    except (DeidentificationError, MemoryError):
        raise
    except Exception as error:
        raise DeidentificationError(
            "Unreadable", f"The data set cannot be read ({type(error).__name__})."
        ) from error


def deidentify_file(source: Path, target: Path, *, profile: Profile, secret: bytes) -> Report:
    """Write a de-identified copy of a DICOM file, with an empty preamble.

    The transfer syntax stays. Raises DeidentificationError; `target` is then not written.
    """
    dataset = _read(source)
    report = deidentify(dataset, profile=profile, secret=secret)
    write_deidentified(dataset, target)
    return report


def write_deidentified(dataset: Dataset, target: Path) -> None:
    """Write what `deidentify` left. Raises DeidentificationError; `target` is then not written."""
    content = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pydicom.dcmwrite(content, dataset, enforce_file_format=True)
    except MemoryError:
        raise
    except Exception as error:
        raise DeidentificationError(
            "Unwritable", f"What is left cannot be written ({type(error).__name__})."
        ) from error
    target.write_bytes(content.getbuffer())


def _read(source: Path) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(source, force=True)
    except OSError as error:
        raise DeidentificationError("Unreadable", "The file cannot be read.") from error
    except MemoryError:
        raise
    except Exception as error:
        raise DeidentificationError("NotDicom", "The file does not parse as DICOM.") from error
    if not any(keyword in dataset for keyword in _EVIDENCE):
        raise DeidentificationError("NotDicom", "The file does not say what object it holds.")
    return dataset


def _deidentify(dataset: Dataset, *, profile: Profile, secret: bytes) -> Report:
    pseudonyms = Pseudonyms(secret)
    identity = _identity(dataset)
    syntax = _syntax(dataset)
    pixels_cleaned = _has_code(dataset, CLEAN_PIXEL_DATA[0])
    hide_embedded_overlays(dataset)
    cut_trailing_bytes(dataset)
    had_comments = strip_compressed_comments(dataset, syntax)
    walker = Walker(profile=profile, pseudonyms=pseudonyms, identity=identity)
    walker.walk(dataset)
    _require(dataset, walker.report, pseudonyms=pseudonyms, identity=identity)
    if had_comments:
        walker.report.add("PixelData comments", "removed", "metadata")
    options = set(profile.options)
    options |= {"retain_safe_private"} if walker.kept_private else set()
    _state_method(dataset, profile, options, pixels_cleaned=pixels_cleaned)
    _rebuild_meta(dataset, syntax)
    return walker.report


def _identity(dataset: Dataset) -> str:
    """Return what tells this patient from others; without PatientID, the study has to do."""
    for keyword in ("PatientID", "StudyInstanceUID", "SOPInstanceUID"):
        try:
            text = str(dataset.get(keyword) or "").strip()
        except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
            text = ""
        if text:
            return text
    return ""


def _syntax(dataset: Dataset) -> str:
    """Return the transfer syntax, the one the data set was parsed with where none is stated."""
    meta = getattr(dataset, "file_meta", None)
    stated = str(meta.get("TransferSyntaxUID", "")) if meta is not None else ""
    if stated:
        return stated
    implicit, little = dataset.original_encoding
    if implicit:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRBigEndian if little is False else ExplicitVRLittleEndian)


def _has_code(dataset: Dataset, value: str) -> bool:
    try:
        items = dataset.get("DeidentificationMethodCodeSequence") or ()
        return any(str(item.get("CodeValue", "")).strip() == value for item in items)
    except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
        return False


def _require(dataset: Dataset, report: Report, *, pseudonyms: Pseudonyms, identity: str) -> None:
    """Add what every object of a patient must state."""
    missing = {"PatientName": "", "PatientID": "", **dict.fromkeys(_TYPE_TWO, "")}
    patient = pseudonyms.patient(identity)
    for keyword in missing:
        if keyword in dataset and (dataset[keyword].value or keyword in _TYPE_TWO):
            continue
        setattr(dataset, keyword, patient if keyword in ("PatientName", "PatientID") else "")
        report.add(keyword, "replaced", "required")
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        if not dataset.get(keyword):
            setattr(dataset, keyword, pseudonyms.uid(f"{keyword} of {identity}"))
            report.add(keyword, "replaced", "required")


def _state_method(
    dataset: Dataset, profile: Profile, options: set[str], *, pixels_cleaned: bool
) -> None:
    """Say that and how the object was de-identified (PS3.15 section E.1.1)."""
    codes = [BASIC_PROFILE, *(OPTIONS[option] for option in OPTIONS if option in options)]
    if pixels_cleaned:
        codes.append(CLEAN_PIXEL_DATA)
    dataset.PatientIdentityRemoved = "YES"
    dataset.LongitudinalTemporalInformationModified = profile.temporal_information
    dataset.DeidentificationMethod = [
        f"Hounsfield, PS3.15 {TABLE_EDITION}",
        *(meaning for _, meaning in codes),
    ]
    dataset.DeidentificationMethodCodeSequence = Sequence(code_item(*code) for code in codes)


def code_item(value: str, meaning: str) -> Dataset:
    """Return an item that holds a code of DCM (PS3.16)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = "DCM"
    item.CodeMeaning = meaning
    return item


def _rebuild_meta(dataset: Dataset, syntax: str) -> None:
    """Write the file meta information anew: nothing of the sender's remains."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID") or RawDataStorage
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    dataset.file_meta = meta
    dataset.preamble = bytes(128)
