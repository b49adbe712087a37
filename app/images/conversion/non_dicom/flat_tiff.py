"""TIFF files that are pictures: few pages of one size, in strips, without loss.

Tiles, several resolutions or the traits of a scanner's format make a whole slide, which is
recognized here and imported elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.images.conversion.issues import ConversionError
from app.images.conversion.non_dicom.tiff_header import Directory, read_directories

MAX_PAGES = 256
_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_FILL_ORDER, _DESCRIPTION, _STRIPS, _SAMPLES, _STRIP_BYTES = 266, 270, 273, 277, 279
_TILE_WIDTH, _SUB_DIRECTORIES, _COLOR_MAP, _EXTRA, _FORMAT = 322, 330, 320, 338, 339
_LOSSLESS = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits"}
_SLIDES = ("Aperio", '<?xml version="1.0" encoding="UTF-8" standalone="no"?><DPUfsImport')
_GRAY, _INVERTED, _RGB, _PALETTE = 1, 0, 2, 3
_TYPES = {(1, 8): "uint8", (1, 16): "uint16", (1, 32): "uint32", (2, 8): "int8", (2, 16): "int16",
          (2, 32): "int32", (3, 32): "float32", (3, 64): "float64", (1, 1): "bool"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """What one page claims. `colors` is the palette, 16 bits a value: all red, green, then blue."""

    width: int
    height: int
    samples: int
    dtype: str
    inverted: bool
    colors: tuple[int, ...]
    spacing: tuple[float, float] | None
    orientation: int

    @property
    def pixel_bytes(self) -> int:
        """Bytes of the decoded page."""
        item = {"bool": 1}.get(self.dtype) or int("".join(filter(str.isdigit, self.dtype))) // 8
        return (
            self.width
            * self.height
            * (3 if self.colors else self.samples)
            * item
            * (2 if self.colors else 1)
        )

    @property
    def shape(self) -> tuple[object, ...]:
        """What all pages must have in common."""
        return self.width, self.height, self.samples, self.dtype, self.inverted, bool(self.colors)


def tiff_pages(path: Path) -> list[Page]:
    """Return the pages of a flat TIFF.

    Raises WholeSlide, InvalidHeader, UnsupportedFormat, UnsupportedMode or TruncatedPixelData.
    """
    try:
        with path.open("rb") as file:
            directories = read_directories(file, limit=MAX_PAGES)
    except ValueError as error:
        raise ConversionError(
            "InvalidHeader", "The TIFF header is damaged, or has too many pages.", files=[path]
        ) from error
    if not directories:
        raise ConversionError("InvalidHeader", "The TIFF holds no picture.", files=[path])
    _refuse_slides(path, directories)
    pages = [_page(path, directory) for directory in directories]
    if len({page.shape for page in pages}) > 1:
        raise ConversionError(
            "UnsupportedMode", "The pages of the TIFF differ in size or type.", files=[path]
        )
    return pages


def _refuse_slides(path: Path, directories: list[Directory]) -> None:
    first = directories[0]
    description = first.texts.get(_DESCRIPTION, "")
    smaller = any(directory.number(_KIND, 0) & 1 for directory in directories[1:])
    if any(_TILE_WIDTH in directory.values for directory in directories):
        why = "tiles"
    elif smaller or _SUB_DIRECTORIES in first.values:
        why = "several resolutions"
    elif description.startswith(_SLIDES):
        why = "the description of a slide scanner"
    else:
        if len(directories) > 1 and "<OME" in description[:4096]:
            raise ConversionError(
                "UnsupportedFormat", "OME-TIFF with several pages is not supported.", files=[path]
            )
        return
    raise ConversionError(
        "WholeSlide", f"This TIFF file has {why}: it is a whole slide.", files=[path]
    )


def _page(path: Path, directory: Directory) -> Page:
    compression = directory.number(_COMPRESSION, 1)
    if compression not in _LOSSLESS:
        raise ConversionError(
            "UnsupportedFormat",
            f"TIFF compression {compression} is not supported; use LZW, deflate or none.",
            files=[path],
        )
    samples = directory.number(_SAMPLES, 1)
    bits = {int(value) for value in directory.values.get(_BITS, (1,))}
    forms = {int(value) for value in directory.values.get(_FORMAT, (1,))}
    photometric = directory.number(_PHOTOMETRIC, -1)
    dtype = _TYPES.get((forms.pop(), bits.pop())) if len(forms) == len(bits) == 1 else None
    if dtype is None or not _mode_is_known(photometric, samples, dtype, directory):
        raise ConversionError(
            "UnsupportedMode",
            f"TIFF pictures of this kind (photometric {photometric}, {samples} values per pixel) "
            "are not supported.",
            files=[path],
        )
    width, height = directory.number(_WIDTH, 0), directory.number(_HEIGHT, 0)
    if width < 1 or height < 1:
        raise ConversionError("InvalidHeader", "The TIFF states no size.", files=[path])
    _check_strips(path, directory)
    colors = directory.values.get(_COLOR_MAP, ()) if photometric == _PALETTE else ()
    return Page(
        width=width,
        height=height,
        samples=samples,
        dtype=dtype,
        inverted=photometric == _INVERTED,
        colors=tuple(int(value) for value in colors),
        spacing=directory.spacing,
        orientation=directory.orientation,
    )


def _mode_is_known(photometric: int, samples: int, dtype: str, directory: Directory) -> bool:
    if directory.number(_FILL_ORDER, 1) != 1:
        return False
    if photometric in (_GRAY, _INVERTED):
        return samples in (1, 2) and (dtype != "bool" or samples == 1)
    if photometric == _RGB:
        return samples in (3, 4) and dtype in ("uint8", "uint16")
    if photometric == _PALETTE:
        colors = directory.values.get(_COLOR_MAP, ())
        return (samples, dtype, len(colors)) == (1, "uint8", 768)
    return False


def _check_strips(path: Path, directory: Directory) -> None:
    """Refuse a file whose strips would lie outside of it."""
    starts = directory.values.get(_STRIPS, ())
    lengths = directory.values.get(_STRIP_BYTES, ())
    if not starts or len(starts) != len(lengths):
        raise ConversionError("InvalidHeader", "The TIFF does not say where it lies.", files=[path])
    end = max(start + length for start, length in zip(starts, lengths, strict=True))
    if end > path.stat().st_size:
        raise ConversionError("TruncatedPixelData", "The picture ends early.", files=[path])
