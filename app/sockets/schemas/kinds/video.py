"""Videos as MP4 (ISO/IEC 14496-12): boxes are walked, nothing is decoded."""

from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

_MOST_BOXES = 100_000


def check_mp4(path: Path) -> None:
    """Raise `InvalidValue` unless the boxes fill the file and there is a movie among them."""
    size = path.stat().st_size
    position = 0
    seen: list[bytes] = []
    with path.open("rb") as file:
        while position < size and len(seen) < _MOST_BOXES:
            file.seek(position)
            header = file.read(16)
            length, name = int.from_bytes(header[:4], "big"), header[4:8]
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            elif length == 0:
                length = size - position
            if length < 8 or position + length > size:
                raise InvalidValue("This is not a whole MP4 video.")
            seen.append(name)
            position += length
    if not seen or seen[0] != b"ftyp" or b"moov" not in seen:
        raise InvalidValue("This is not an MP4 video: there is no movie in it.")


KINDS = (
    SocketKind(
        "MP4",
        "MP4 file",
        SuperKind.FILE,
        extension=".mp4",
        check_file=check_mp4,
        description="A video.",
        display=Display.FILE,
        icon="film",
        max_size=4 * 2**30,
        content_type="video/mp4",
    ),
)
