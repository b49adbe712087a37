"""What passes between scanning, converting and the caller. Geometry is LPS millimetres."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.images.conversion.issues import FileIssue, Remark

if TYPE_CHECKING:
    from app.images.conversion.dicom.frame import Frame

Vector = tuple[float, ...]
GroupKind = Literal["stack", "still", "cine", "segmentation", "volume", "flat"]


@dataclass(slots=True)
class Group:
    """Files that together should become one image.

    `stack`: DICOM frames with positions (3D or 4D); `still`/`cine`: DICOM frames without patient
    geometry (2D, 2D + time); `segmentation`: DICOM SEG; `volume`: NIfTI, NRRD or MetaImage;
    `flat`: a PNG, JPEG or TIFF picture.
    """

    kind: GroupKind
    files: tuple[Path, ...]
    frames: list[Frame] = field(default_factory=list)
    format: str = "DICOM"
    remarks: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class ScanResult:
    """Groups to convert and the files that belong to none, each with its reason."""

    groups: list[Group] = field(default_factory=list)
    skipped: list[FileIssue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeptInstance:
    """One de-identified DICOM file beside the image; all identifiers are hashed."""

    path: Path
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    number: int | None
    rows: int | None
    columns: int | None
    frames: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Deidentified:
    """What de-identifying an image's sources brought.

    `risk` says why the pixels may show who the patient is (empty: no reason to think so), `report`
    counts what was removed and why, without values; identifiers are hashed, `study_date` is
    YYYYMMDD, moved, or empty.
    """

    risk: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    study_uid: str = ""
    series_uid: str = ""
    patient: str = ""
    study_date: str = ""
    series_number: int | None = None
    instances: tuple[KeptInstance, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertedImage:
    """One image written as MetaImage.

    `size` is (x, y), (x, y, z) or (x, y, z, t); `spacing` and `origin` have two or three entries
    in mm, `direction` four or nine, row by row as SimpleITK's GetDirection (axes are columns);
    pictures without patient geometry have two. `time_step` is in seconds (None: not known).
    `spacing_valid` is false when the millimetres are not those of the object. `deidentified` is
    there when the sources are DICOM and the caller asked for it.
    """

    path: Path
    name: str
    size: tuple[int, ...]
    spacing: Vector
    spacing_valid: bool
    origin: Vector
    direction: Vector
    time_step: float | None
    element_type: str
    components: int
    color_space: Literal["GRAY", "RGB"]
    modality: str
    window_center: float | None
    window_width: float | None
    photometric: str
    rescale_type: str
    sources: tuple[Path, ...]
    warnings: tuple[Remark, ...]
    deidentified: Deidentified | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return all files that were written."""
        kept = self.deidentified.instances if self.deidentified is not None else ()
        return (self.path, *(instance.path for instance in kept))
