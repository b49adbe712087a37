"""A starter kit as an answer of the portal."""

from typing import cast

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.text import slugify

from app.accounts.models import User
from app.challenges import services
from app.challenges.models import Phase
from app.core.streaming import streamed


def kit_response(request: HttpRequest, phase: Phase) -> StreamingHttpResponse:
    """Return the zip as an answer; for the page and the API."""
    pieces = services.download_kit(actor=cast(User, request.user), phase=phase)
    response = StreamingHttpResponse(streamed(request, pieces), content_type="application/zip")
    name = slugify(f"{phase.challenge.slug}-{phase.title}")[:80] or str(phase.pk)
    response["Content-Disposition"] = f'attachment; filename="{name}-starter-kit.zip"'
    response["Cache-Control"] = "no-store"
    return response
