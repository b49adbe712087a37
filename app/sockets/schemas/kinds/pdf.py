"""PDF files (ISO 32000-1, 7.5)."""

from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import MEBIBYTE, Display, SocketKind, SuperKind

_WINDOW = 1024  # bytes at either end in which readers look for header and trailer


def check_pdf(path: Path) -> None:
    """Raise `InvalidValue` unless the file begins and ends like a PDF."""
    with path.open("rb") as file:
        start = file.read(_WINDOW)
        file.seek(max(0, path.stat().st_size - _WINDOW))
        end = file.read(_WINDOW)
    if b"%PDF-1." not in start and b"%PDF-2." not in start:
        raise InvalidValue("This is not a PDF: it does not begin with “%PDF-”.")
    if b"%%EOF" not in end:
        raise InvalidValue("This PDF is cut off: its end (“%%EOF”) is missing.")


KINDS = (
    SocketKind(
        "PDF",
        "PDF file",
        SuperKind.FILE,
        extension=".pdf",
        check_file=check_pdf,
        description="A document, such as a report.",
        display=Display.DOCUMENT,
        icon="file-text",
        max_size=256 * MEBIBYTE,
        content_type="application/pdf",
    ),
)
