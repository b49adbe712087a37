"""Small pictures, shown where values are shown."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from app.images.deidentify import DeidentificationError, strip_picture
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import MEBIBYTE, Display, SocketKind, SuperKind

MOST_PIXELS = 50_000_000


def picture_check(format_name: str) -> Callable[[Path], None]:
    """Return the check that a file is a whole picture of this format and not too large."""

    def check(path: Path) -> None:
        try:
            with Image.open(path, formats=[format_name]) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise InvalidValue(
                        f"The picture has {width} × {height} pixels; at most"
                        f" {MOST_PIXELS // 1_000_000} million are taken."
                    )
                picture.load()
        except InvalidValue:
            raise
        except Exception as error:  # whatever a decoder makes of hostile bytes
            raise InvalidValue(f"This is not a whole {format_name} picture.") from error

    return check


def _clean(source: Path, target: Path) -> None:
    try:
        strip_picture(source, target)
    except DeidentificationError as error:
        raise InvalidValue(error.message) from error


def _thumbnail(key: str, label: str, extension: str) -> SocketKind:
    return SocketKind(
        key,
        label,
        SuperKind.FILE,
        extension=extension,
        check_file=picture_check(key),
        clean_file=_clean,
        description=f"A small {key} picture, shown where results are shown.",
        display=Display.PICTURE,
        icon="image",
        max_size=32 * MEBIBYTE,
        content_type=f"image/{key.lower()}",
    )


KINDS = (
    _thumbnail("JPEG", "Thumbnail jpg", ".jpeg"),
    _thumbnail("PNG", "Thumbnail png", ".png"),
)
