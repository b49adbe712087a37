"""Answering with a stored file: whole, in part, or "you have it already"; never held in memory."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from typing import cast

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from app.core.storage import AnswerHeaders, FolderStore, ObjectStore, StoredObject, get_store
from app.delivery.headers import BYTES, safe_content_type
from app.delivery.ranges import RangeNotSatisfiable, parse_range

# A stored file may look like a page. It may not act like one.
_SANDBOX = "sandbox; default-src 'none'"


def file_answer(
    request: HttpRequest, *, key: str, headers: AnswerHeaders, max_age: int
) -> HttpResponseBase:
    """Answer a verified request for an object; raises `ObjectMissing`."""
    store = get_store()
    found = store.stat(key)
    if settings.DELIVERY_ACCEL_PREFIX and isinstance(store, FolderStore):
        response: HttpResponseBase = HttpResponse(status=200)
        response["X-Accel-Redirect"] = f"{settings.DELIVERY_ACCEL_PREFIX.rstrip('/')}/{key}"
        return _dressed(response, found, headers=headers, max_age=max_age)
    etag = f'"{found.etag}"'
    unchanged = get_conditional_response(request, etag, int(found.modified.timestamp()))
    if unchanged is not None:
        return _dressed(unchanged, found, headers=headers, max_age=max_age)
    response = _content(request, store=store, found=found)
    response["Accept-Ranges"] = "bytes"
    return _dressed(response, found, headers=headers, max_age=max_age)


def _content(request: HttpRequest, *, store: ObjectStore, found: StoredObject) -> HttpResponseBase:
    try:
        part = parse_range(_wanted_range(request, found), size=found.size)
    except RangeNotSatisfiable:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{found.size}"
        return refused
    start, length = part or (0, found.size)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        pieces = cast("Generator[bytes]", store.iter_range(found.key, start=start, length=length))
        response = StreamingHttpResponse(
            _in_threads(pieces) if isinstance(request, ASGIRequest) else pieces
        )
    response["Content-Length"] = str(length)
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{found.size}"
    return response


def _wanted_range(request: HttpRequest, found: StoredObject) -> str:
    """Return the Range header, or nothing when ``If-Range`` names another version."""
    condition = request.headers.get("If-Range", "")
    if condition and condition != f'"{found.etag}"':
        moment = parse_http_date_safe(condition)
        if moment is None or moment != int(found.modified.timestamp()):
            return ""
    return request.headers.get("Range", "")


async def _in_threads(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, reading each in a thread so that the event loop never waits for a disk."""
    try:
        while data := await asyncio.to_thread(next, pieces, b""):
            yield data
    finally:
        # A client that leaves while a piece is being read finds the generator busy; it ends then.
        with suppress(ValueError):
            pieces.close()


def _dressed(
    response: HttpResponseBase, found: StoredObject, *, headers: AnswerHeaders, max_age: int
) -> HttpResponseBase:
    response["ETag"] = f'"{found.etag}"'
    response["Last-Modified"] = http_date(found.modified.timestamp())
    response["Cache-Control"] = f"private, max-age={max(0, max_age)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SANDBOX
    if response.status_code in (200, 206):
        response["Content-Type"] = safe_content_type(headers.content_type or BYTES)
        response["Content-Disposition"] = headers.disposition or "attachment"
    return response
