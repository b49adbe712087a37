"""Pictures of people, organizations and challenges: from any photograph to one small, clean one.

What comes in is hostile. Bytes and pixels are counted before anything is decoded; only three
formats are tried; what is kept is drawn anew, so that no metadata, place, thumbnail or trailing
bytes of the original survive.
"""

import io
import struct
import time
from functools import lru_cache
from uuid import UUID, uuid4

from django.conf import settings
from PIL import Image, ImageOps

from app.core.errors import ValidationFailed
from app.core.storage import AnswerHeaders, get_store, own_addresses

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 5 * 2**20
MAX_PIXELS = 25_000_000
MIN_SIDE = 64
SIDE = 512
SQUARE = (SIDE, SIDE)
BANNER = (1600, 400)
Size = tuple[int, int]
CONTENT_TYPE = "image/webp"
_PREFIX = "pictures/"
_DAMAGED = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""What decoders raise, depending on where a file is damaged."""
_ADDRESS_SECONDS = 3600


def clean_square(data: bytes) -> bytes:
    """Return the middle of a picture as a square WebP without metadata."""
    return clean_picture(data, size=SQUARE)


def clean_picture(data: bytes, *, size: Size) -> bytes:
    """Return the middle of a picture as a WebP of this width and height, without metadata.

    Raises `ValidationFailed` for what is too large, too small, not one of the formats or broken.
    """
    if len(data) > MAX_BYTES:
        raise refused(f"The file is larger than {MAX_BYTES // 2**20} MB. Choose a smaller one.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(*opened.size)
            return _redrawn(opened, size)
    except ValidationFailed:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except _DAMAGED:
        raise refused("This is not a JPEG, PNG or WebP picture, or it is damaged.") from None


def store_picture(data: bytes) -> UUID:
    """Clean and store a picture; return its identifier, which is new each time."""
    return store_clean(clean_square(data))


def store_clean(clean: bytes) -> UUID:
    """Store a picture that is clean already; return its identifier, which is new each time."""
    pk = uuid4()
    get_store().put_bytes(clean, key=picture_key(pk), content_type=CONTENT_TYPE)
    return pk


def delete_picture(pk: UUID | None) -> None:
    """Remove a stored picture; removing nothing is fine."""
    if pk is not None:
        get_store().delete(picture_key(pk))


def picture_key(pk: UUID) -> str:
    """Return where a picture is stored."""
    return f"{_PREFIX}{pk}.webp"


def picture_url(pk: UUID) -> str:
    """Return a signed address for showing a picture in a page, as a path where it is our own.

    Whoever draws the page has asked for permission. The address stays the same for half an hour
    (in one process), so that browsers need not load it for every page.
    """
    return _address(pk, int(time.time()) // (_ADDRESS_SECONDS // 2))


@lru_cache(maxsize=4096)
def _address(pk: UUID, moment: int) -> str:
    headers = AnswerHeaders(disposition="inline", content_type=CONTENT_TYPE)
    address = own_addresses().of_file(picture_key(pk), expires_in=_ADDRESS_SECONDS, headers=headers)
    return address.removeprefix(settings.SITE_URL)


def refused(message: str) -> ValidationFailed:
    """Return the complaint about a picture, for the form's field."""
    return ValidationFailed(fields={"picture": [message]})


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise refused(f"The picture is smaller than {MIN_SIDE} × {MIN_SIDE} pixels.")


def _too_many_pixels() -> ValidationFailed:
    return refused(f"The picture has more than {MAX_PIXELS // 10**6} million pixels. Shrink it.")


def _redrawn(opened: Image.Image, size: Size) -> bytes:
    opened.draft("RGB", (2 * size[0], 2 * size[1]))  # lets JPEG decode no more than is needed
    upright = ImageOps.exif_transpose(opened)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    fitted = ImageOps.fit(upright.convert(mode), size, Image.Resampling.LANCZOS)
    fresh = Image.new(mode, fitted.size)
    fresh.paste(fitted)
    out = io.BytesIO()
    fresh.save(out, format="WEBP", quality=85, method=4)
    return out.getvalue()
