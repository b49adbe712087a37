"""One file (`Instance`) and its frames: what the converter knows before it reads a pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.images.conversion.dicom.header import PixelLocation

Triple = tuple[float, float, float]
ENHANCED_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.4.1",
        "1.2.840.10008.5.1.4.1.1.130",
    }
)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How one stored pixel looks (PS3.3 section C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar: int
    floating: bool

    @property
    def kind(self) -> tuple[int, str, int, bool, bool]:
        """What slices of one image share; bits stored and planes may differ from file to file."""
        return (self.samples, self.photometric, self.bits_allocated, self.signed, self.floating)

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame as stored natively."""
        if self.photometric == "YBR_FULL_422":
            return self.rows * self.columns * 2 * self.bits_allocated
        return self.rows * self.columns * self.samples * self.bits_allocated

    @property
    def stored_range(self) -> tuple[int, int]:
        """Smallest and largest stored value the header allows."""
        if self.signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1


@dataclass(slots=True)
class Instance:
    """Attributes that belong to a whole file.

    `concatenation` joins files that are parts of one multi-frame object; `part` counts them, from
    1, and `parts` is how many there are. `aspect` is the height and width of a pixel of unknown
    size, `padding` the stored value of pixels that show nothing. `own_axes`: positions are those of
    a probe, not of the patient.
    """

    path: Path
    syntax: str
    little_endian: bool
    sop_class: str
    sop_uid: str
    study: str
    series: str
    series_number: int | None
    modality: str
    frame_of_reference: str
    number: int | None
    format: PixelFormat
    frame_count: int
    pixels: PixelLocation
    image_type: tuple[str, ...] = ()
    window: tuple[float, float] | None = None
    laterality: str = ""
    rescale_type: str = ""
    thickness: float | None = None
    slice_gap: float | None = None
    frame_seconds: float | None = None
    time_step: float | None = None
    calibrated: bool = True
    own_axes: bool = False
    has_modality_lut: bool = False
    padding: int | None = None
    concatenation: str = ""
    part: int = 0
    parts: int | None = None
    aspect: tuple[float, float] = (1.0, 1.0)
    segmentation_type: str = ""
    maximum_fraction: int | None = None
    has_trailing_data: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """Part of a stored frame that is a slice by itself (Siemens mosaic), in pixels."""

    top: int
    left: int
    rows: int
    columns: int


@dataclass(slots=True)
class Frame:
    """One slice. `position` is the center of the first pixel, LPS mm; `orientation` the row and
    column direction; `spacing` (between rows, between columns) in mm, as DICOM orders it."""

    instance: Instance
    index: int = 0
    position: Triple | None = None
    orientation: tuple[float, ...] | None = None
    spacing: tuple[float, float] | None = None
    slope: float = 1.0
    intercept: float = 0.0
    echo: float | None = None
    component: str = ""
    stack: str = ""
    segment: int | None = None
    tile: Tile | None = None
    times: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the slice."""
        return self.tile.rows if self.tile else self.instance.format.rows

    @property
    def columns(self) -> int:
        """Columns of the slice."""
        return self.tile.columns if self.tile else self.instance.format.columns

    @property
    def in_plane(self) -> tuple[float, float]:
        """Spacing as far as it is stated; without, 1 mm in the ratio the pixels are shown in."""
        return self.spacing or self.instance.aspect

    @property
    def order(self) -> tuple[int, int, int]:
        """Acquisition order as far as it is stated: InstanceNumber, part, then frame."""
        return (self.instance.number or 0, self.instance.part, self.index)
