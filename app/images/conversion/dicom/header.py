"""The attributes of one DICOM file as checked values.

Values stay bytes until asked for, so that a malformed attribute nobody needs harms nothing, and
one that is needed is named (`InvalidHeader` with the tag).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.images.conversion.dicom import tags
from app.images.conversion.issues import ConversionError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class PixelLocation:
    """Where the pixel element's value is in the file; `length` None means encapsulated.

    `offset` None means it is not to be found in the file itself (deflated data set).
    """

    tag: int
    offset: int | None
    length: int | None


@dataclass(slots=True)
class Header:
    """Attributes of one data set, without its pixels.

    `dataset` is there only when sequences are needed (enhanced objects, nuclear medicine).
    """

    path: Path
    syntax: str
    little_endian: bool
    elements: dict[int, bytes]
    pixels: PixelLocation | None
    has_modality_lut: bool = False
    dataset: Dataset | None = None

    def has(self, tag: int) -> bool:
        """Tell whether the attribute is present with a value."""
        return bool(self.elements.get(tag, b"").strip(b" \0"))

    def text(self, tag: int) -> str:
        """Return a text value, empty when absent."""
        return self.elements.get(tag, b"").decode("latin-1").strip(" \0")

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the values of a multi-valued text attribute."""
        text = self.text(tag)
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return all values as finite numbers; empty when absent."""
        raw = self.elements.get(tag)
        if not raw:
            return ()
        if tag in tags.BINARY_TAGS:
            return self._binary(tag)
        try:
            values = tuple(float(part) for part in self.texts(tag))
        except ValueError as error:
            raise self.invalid(tag, "is no number") from error
        if not all(math.isfinite(value) for value in values):
            raise self.invalid(tag, "is no finite number")
        return values

    def number(self, tag: int) -> float | None:
        """Return the first value as a number, None when absent."""
        values = self.numbers(tag)
        return values[0] if values else None

    def lenient_number(self, tag: int) -> float | None:
        """Return the first value, None when absent or malformed: for what is only displayed."""
        try:
            return self.number(tag)
        except ConversionError:
            return None

    def lenient_numbers(self, tag: int) -> tuple[float, ...]:
        """Return all values, empty when absent or malformed: for what is only a help."""
        try:
            return self.numbers(tag)
        except ConversionError:
            return ()

    def integer(self, tag: int, default: int | None = None) -> int:
        """Return the first value as an integer; `InvalidHeader` when absent without a default."""
        value = self.number(tag)
        if value is None:
            if default is None:
                raise self.invalid(tag, "is missing")
            return default
        if value != int(value):
            raise self.invalid(tag, "is no whole number")
        return int(value)

    def vector(self, tag: int, length: int) -> tuple[float, ...] | None:
        """Return exactly `length` numbers, None when absent."""
        values = self.numbers(tag)
        if not values:
            return None
        if len(values) != length:
            raise self.invalid(tag, f"has {len(values)} values instead of {length}")
        return values

    def invalid(self, tag: int, what: str) -> ConversionError:
        """Return the error that names an attribute of this file."""
        shown = tags.show(tag)
        return ConversionError(
            "InvalidHeader", f"Attribute {shown} {what}.", files=[self.path], tag=shown
        )

    def _binary(self, tag: int) -> tuple[float, ...]:
        raw = self.elements.get(tag, b"")
        if not raw:
            return ()
        kind = "d" if tag in (tags.B_VALUE, tags.GRADIENT) else "I" if len(raw) == 4 else "H"
        if tag == tags.GE_IMAGE_TYPE:
            kind = "H"
        size = struct.calcsize(kind)
        if len(raw) % size:
            raise self.invalid(tag, "has a value of the wrong length")
        order = "<" if self.little_endian else ">"
        values = struct.unpack(f"{order}{len(raw) // size}{kind}", raw)
        if not all(math.isfinite(value) for value in values):
            raise self.invalid(tag, "is no finite number")
        return tuple(float(value) for value in values)
