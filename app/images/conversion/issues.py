"""What can be wrong with a file, by stable code.

A code never changes its meaning once released: people write about it, programs branch on it and
`docs/conversion.md` explains it. `kind` says who is concerned: an *error* means no image was made
from the file, a *notice* that the file is none, a *remark* that an image was made and something
about it should be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["error", "notice", "remark"]


@dataclass(frozen=True, slots=True)
class Code:
    """One stable code: its kind and what a person can do about it."""

    name: str
    kind: Kind
    advice: str


_TABLE: tuple[tuple[Kind, str, str], ...] = (
    ("error", "EmptyFile", "Upload the file again; it arrived without content."),
    ("error", "Unreadable", "Check the file on your side and upload it again."),
    ("error", "UnknownFormat", "Upload DICOM, NIfTI, NRRD, MetaImage, PNG, JPEG or TIFF."),
    ("error", "UnsupportedFormat", "Export the image as DICOM, NIfTI, MetaImage or PNG."),
    ("error", "NotDicom", "Export the file again from its source; it is not a DICOM data set."),
    ("notice", "NotAnImage", "Nothing to do: this object carries no pixels."),
    ("notice", "SystemFile", "Nothing to do: an operating system put this file there."),
    ("error", "WholeSlide", "Import whole slides through the slide import."),
    ("error", "UnsupportedTransferSyntax", "Export the series uncompressed (Explicit VR LE)."),
    ("error", "InvalidHeader", "Export the file again; the named attribute has no valid value."),
    ("error", "NoSliceOrder", "Export the series with ImagePositionPatient in every file."),
    ("error", "MissingSlices", "Upload the series again together with the missing slices."),
    ("error", "VariableSpacing", "Resample the series to one slice distance before upload."),
    ("error", "GantryTilt", "Try again with the tilt straightened, or correct it before upload."),
    ("error", "InconsistentTimePoints", "Upload every slice of every time point."),
    ("error", "NotAVolume", "Upload the images one by one, or the series they belong to."),
    ("error", "InvalidOrientation", "Export again; ImageOrientationPatient is not a plane."),
    ("error", "MissingFunctionalGroup", "Export again with complete functional groups."),
    ("error", "UnsupportedMosaic", "Export the series as single slices or enhanced DICOM."),
    ("error", "InvalidRescale", "Export again; rescale slope and intercept cannot be applied."),
    ("error", "UnsupportedPixelFormat", "Convert to 8, 16 or 32 bit grey, or RGB, first."),
    ("error", "UnsupportedPhotometric", "Export as MONOCHROME2 or RGB."),
    ("error", "TruncatedPixelData", "Upload the file again; part of its pixels is missing."),
    (
        "error",
        "UnsupportedSegmentation",
        "Export a binary, fractional or labelmap segmentation of one moment.",
    ),
    ("error", "DecodeFailed", "Export the series uncompressed; the compressed data is damaged."),
    ("error", "TooLarge", "Split or crop the image, or ask the administrator for more room."),
    ("error", "NonOrthogonal", "Resample to orthogonal axes; the file describes a sheared grid."),
    ("error", "MissingDataFile", "Upload header and data file together, in one folder."),
    ("error", "UnsafePath", "Place the data file beside its header and name it plainly."),
    ("error", "UnsupportedMode", "Save the picture as 8 or 16 bit grey or RGB."),
    ("error", "UnsafeArchive", "Pack the images again as plain files in a zip or tar archive."),
    ("error", "UnsupportedArchive", "Pack again without password, as .zip, .tar or .tar.gz."),
    ("error", "EmptyArchive", "Check that the archive holds the images, then upload it again."),
    ("error", "NotDeidentified", "Export the file again; its attributes cannot be cleaned."),
    ("error", "Crashed", "This file stopped the converter; export it again or report it."),
    ("error", "TimedOut", "Upload fewer or smaller files at once."),
    ("error", "NotReached", "Import the file again; the conversion ended before its turn."),
    ("error", "InternalError", "Report this file; the converter failed in an unforeseen way."),
    ("remark", "InstanceNotKept", "Nothing to do: the image is there, its DICOM file is not."),
    ("remark", "DuplicateInstance", "Nothing to do: the same image was uploaded twice."),
    ("remark", "MixedOrientations", "Nothing to do: each orientation became its own image."),
    ("remark", "SplitSeries", "Nothing to do: unlike parts of the series became own images."),
    ("remark", "TiltCorrected", "Expect values between pixels: the slices were resampled."),
    ("remark", "SegmentsSeparate", "Nothing to do: each segment is a volume of the fourth axis."),
    ("remark", "OneSlice", "Check the slice thickness; one slice has no slice distance."),
    ("remark", "NoSpacing", "Measurements in millimetres are not possible on this image."),
    ("remark", "PictureSpacing", "Check that it is the size of the object, not of a print-out."),
    ("remark", "NotCalibrated", "Lengths hold at the detector, not in the patient."),
    ("remark", "NoOrientation", "Check left and right: the file does not state its orientation."),
    ("remark", "FormsDisagree", "Check the orientation: qform and sform of the file differ."),
    ("remark", "IgnoredBits", "Nothing to do: bits outside BitsStored (overlays) were left out."),
    (
        "remark",
        "LutNotApplied",
        "Values are stored values; the modality look-up table is left out.",
    ),
    ("remark", "TimeStepUnknown", "The order of time points is known, their distance is not."),
    ("remark", "TrailingData", "Check the export; there are bytes after the last pixel."),
    ("remark", "AlphaDropped", "Nothing to do: transparency has no meaning in a medical image."),
)
CODES: dict[str, Code] = {name: Code(name, kind, advice) for kind, name, advice in _TABLE}


class ConversionError(Exception):
    """An image cannot be made from these files; `message` names the cause for people.

    `tag` is the offending DICOM attribute as (gggg,eeee), when there is one. Messages never carry
    values of patient attributes.
    """

    def __init__(
        self, code: str, message: str, *, files: Iterable[Path] = (), tag: str | None = None
    ) -> None:
        if code not in CODES:
            raise ValueError(f"{code} is no conversion code")
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.files = tuple(files)
        self.tag = tag

    def issues(self, files: Iterable[Path] = ()) -> list[FileIssue]:
        """Return one issue per file concerned (the error's own files, else the given ones)."""
        return [FileIssue.of(file, self.code, self.message) for file in (self.files or files)]


@dataclass(frozen=True, slots=True)
class FileIssue:
    """Why one file did not become (part of) an image.

    `entry` names what is meant inside an archive; it is for display only, never a path to open.
    """

    file: Path
    code: str
    message: str
    advice: str
    entry: str = ""

    @classmethod
    def of(cls, file: Path, code: str, message: str, *, entry: str = "") -> FileIssue:
        """Make an issue with the advice that belongs to the code."""
        return cls(file, code, message, CODES[code].advice, entry)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about an image that was made."""

    code: str
    message: str
