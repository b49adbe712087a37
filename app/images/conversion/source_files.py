"""De-identify the DICOM files that made an image, in the process that converted them.

The image itself is written with a header of our own and holds nothing that could identify. What
is made here are the files to keep beside it, the report of what was removed, and the verdict
whether a person has to look at the pixels first.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

import pydicom

from app.images.conversion.deidentification import Deidentification
from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.model import Deidentified, Group, KeptInstance
from app.images.deidentify import (
    Profile,
    Report,
    burned_in_risk,
    deidentify,
    write_deidentified,
)

_NOT_KEPT = Remark("InstanceNotKept", "A file could not be written again.")


def deidentify_group(
    group: Group, output_dir: Path, *, wanted: Deidentification
) -> tuple[Deidentified | None, list[Remark]]:
    """De-identify a group's files; nothing for formats whose headers are not copied anyway.

    A file that cannot be examined stops the image (`NotDeidentified`): nobody could say whether
    its pixels are safe. One that only cannot be written again is not kept, with a remark.
    """
    if group.format != "DICOM":
        return None, []
    profile = Profile(options=wanted.options)
    kept: list[KeptInstance] = []
    report = Report()
    remarks: list[Remark] = []
    first: pydicom.Dataset | None = None
    risk = ""
    for file in dict.fromkeys(group.files):
        found = _kept(file, output_dir, profile, wanted.secret) if wanted.keep else None
        if found is None:
            found = _examined(file, profile=profile, secret=wanted.secret)
            remarks += [_NOT_KEPT] if wanted.keep else []
        report.merge(found.report)
        risk = risk or found.risk
        first = found.header if first is None else first
        kept += [found.instance] if found.instance else []
    if first is None:
        return None, remarks
    result = Deidentified(
        risk=risk,
        report=report.as_dict(),
        study_uid=_uid(first, "StudyInstanceUID"),
        series_uid=_uid(first, "SeriesInstanceUID"),
        patient=str(first.get("PatientID", "") or "")[:64],
        study_date=str(first.get("StudyDate", "") or "")[:8],
        series_number=_integer(first, "SeriesNumber"),
        instances=tuple(kept),
    )
    return result, list(dict.fromkeys(remarks))


@dataclass(frozen=True, slots=True)
class _File:
    """A de-identified header, what that took, why its pixels may show a name, and the copy kept."""

    header: pydicom.Dataset
    report: Report
    risk: str
    instance: KeptInstance | None = None


def _examined(file: Path, *, profile: Profile, secret: bytes) -> _File:
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, force=True)
        risk = burned_in_risk(header)
        return _File(header, deidentify(header, profile=profile, secret=secret), risk)
    except MemoryError:
        raise
    except Exception as error:
        raise ConversionError(
            "NotDeidentified",
            f"The file could not be de-identified ({type(error).__name__}), so nothing is stored.",
            files=(file,),
        ) from error


def _kept(file: Path, output_dir: Path, profile: Profile, secret: bytes) -> _File | None:
    """De-identify the whole file in one pass and write it; nothing if it cannot be written."""
    target = output_dir / f"{uuid.uuid4()}.dcm"
    try:
        whole = pydicom.dcmread(file, force=True)
        risk = burned_in_risk(whole)
        report = deidentify(whole, profile=profile, secret=secret)
        write_deidentified(whole, target)
        instance = _instance(whole, target)
        whole.pop("PixelData", None)
        return _File(whole, report, risk, instance)
    except MemoryError:
        target.unlink(missing_ok=True)
        raise
    except Exception:  # noqa: BLE001 (one file that cannot be kept never stops the image)
        target.unlink(missing_ok=True)
        return None


def described(path: Path) -> KeptInstance:
    """Return what is worth knowing of a de-identified file."""
    return _instance(pydicom.dcmread(path, stop_before_pixels=True), path)


def _instance(header: pydicom.Dataset, path: Path) -> KeptInstance:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return KeptInstance(
        path=path,
        sop_instance_uid=_uid(header, "SOPInstanceUID"),
        sop_class_uid=_uid(header, "SOPClassUID"),
        transfer_syntax_uid=str(header.file_meta.TransferSyntaxUID),
        number=_integer(header, "InstanceNumber"),
        rows=_integer(header, "Rows"),
        columns=_integer(header, "Columns"),
        frames=_integer(header, "NumberOfFrames") or 1,
        sha256=digest,
    )


def _uid(header: pydicom.Dataset, keyword: str) -> str:
    return str(header.get(keyword, "") or "")[:64]


def _integer(header: pydicom.Dataset, keyword: str) -> int | None:
    try:
        value = int(header.get(keyword))
    except (TypeError, ValueError):
        return None
    return value if abs(value) < 1 << 31 else None
