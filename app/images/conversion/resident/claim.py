"""What the header of a file claims, before anything is allocated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.resident.inflating import Packed


@dataclass(frozen=True, slots=True)
class Claim:
    """Size and place of the pixels: `stored_bytes` plain, or `packed`."""

    files: tuple[Path, ...]
    size: tuple[int, ...]
    components: int
    item_bytes: int
    stored_bytes: int | None
    packed: Packed | None = None
    remarks: tuple[Remark, ...] = ()
    time_scale: float | None = None

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all pixels, uncompressed."""
        return math.prod(self.size) * self.components * self.item_bytes

    def error(self, code: str, message: str) -> ConversionError:
        """Return an error about these files."""
        return ConversionError(code, message, files=self.files)


def data_file(header: Path, name: str) -> Path:
    """Return the data file a header names; it must lie beside the header under a plain name.

    Raises UnsafePath or MissingDataFile.
    """
    if not name or "/" in name or "\\" in name or "\0" in name or name in {".", ".."}:
        raise ConversionError(
            "UnsafePath", "The header names a data file outside its own folder.", files=[header]
        )
    path = header.parent / name
    if path.is_symlink():
        raise ConversionError("UnsafePath", "The data file is a link.", files=[header, path])
    if not path.is_file():
        raise ConversionError(
            "MissingDataFile", f"The data file {name[:80]!r} was not uploaded.", files=[header]
        )
    return path


def read_text_header(path: Path, *, limit: int = 65536) -> bytes:
    """Return the first bytes of a file, in which text headers must end."""
    with path.open("rb") as file:
        return file.read(limit)
