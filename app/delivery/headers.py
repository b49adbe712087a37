"""Content types and file names that are safe to answer with.

Stored files come from outside. None may run as a page of this site: only types that a browser shows
without running anything are named, everything else is bytes to save.
"""

import re
import unicodedata
from urllib.parse import quote, urlencode

from app.core.storage import AnswerHeaders

BYTES = "application/octet-stream"
_SHOWN = frozenset(
    {
        "application/json",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv; charset=utf-8",
        "text/plain; charset=utf-8",
    }
)
_SAVED = frozenset(
    {
        "application/dicom",
        "application/gzip",
        "application/pdf",
        "application/x-tar",
        "application/zip",
        "image/tiff",
    }
)
_WITHOUT_CHARSET = {"text/csv", "text/plain"}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ ()+,=@-]")


def safe_content_type(content_type: str) -> str:
    """Return the type if it is one of those we answer with, else plain bytes."""
    wanted = content_type.strip().lower()
    if wanted in _WITHOUT_CHARSET:
        wanted = f"{wanted}; charset=utf-8"
    return wanted if wanted in _SHOWN or wanted in _SAVED else BYTES


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """Return the header for saving (or showing) a file under ``filename``.

    Written in both forms of RFC 6266: a plain one for old programs and RFC 8187 for the rest. What
    could end the header, hide an ending or steer text direction is dropped.
    """
    kind = "inline" if inline else "attachment"
    name = _printable(filename.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[:180]
    if not name:
        return kind
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", name))
    header = f'{kind}; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def answer_headers(*, filename: str, content_type: str, inline: bool) -> AnswerHeaders:
    """Return the headers to ask for; only harmless types are ever shown inside the browser."""
    safe = safe_content_type(content_type)
    disposition = content_disposition(filename, inline=inline and safe in _SHOWN)
    return AnswerHeaders(disposition=disposition, content_type=safe)


def parameters_of(headers: AnswerHeaders) -> str:
    """Return the headers as a query (with ``?``), named as S3 names them, so CloudFront may pass
    them on to a bucket and our own endpoint reads the same address."""
    wished = {
        "response-content-disposition": headers.disposition,
        "response-content-type": headers.content_type,
    }
    query = urlencode({name: text for name, text in wished.items() if text}, quote_via=quote)
    return f"?{query}" if query else ""


def _printable(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")
