"""A starter kit as an answer of the portal."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify

from app.accounts.models import User
from app.challenges import services
from app.challenges.models import Phase


def kit_response(request: HttpRequest, phase: Phase) -> StreamingHttpResponse:
    """Return the zip as an answer; for the page and the API."""
    pieces: Any = services.download_kit(actor=cast(User, request.user), phase=phase)
    if isinstance(request, ASGIRequest):
        pieces = _in_threads(pieces)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    name = slugify(f"{phase.challenge.slug}-{phase.title}")[:80] or str(phase.pk)
    response["Content-Disposition"] = f'attachment; filename="{name}-starter-kit.zip"'
    response["Cache-Control"] = "no-store"
    return response


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    advance = sync_to_async(lambda: next(pieces, None))
    while (piece := await advance()) is not None:
        yield piece
