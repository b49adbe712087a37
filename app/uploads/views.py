"""Receiving parts through Django, for servers that do not speak ASGI.

Under ASGI `app.uploads.asgi` takes these requests before Django would spool their bodies.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from app.core.errors import PortalError
from app.core.storage.store import CHUNK
from app.uploads.parts import slot_for


@csrf_exempt  # The signature stands for the user; there is no session in this.
@require_http_methods(["PUT"])
def receive_part(request: HttpRequest, **_: Any) -> HttpResponse:
    """Store the body as one part and answer its ETag; never holds more than a piece of it."""
    try:
        etag = _stored(request)
    except PortalError as error:
        return JsonResponse(
            error.as_problem(), status=error.status, content_type="application/problem+json"
        )
    response = HttpResponse(status=200)
    response["ETag"] = f'"{etag}"'
    return response


def _stored(request: HttpRequest) -> str:
    length = request.headers.get("Content-Length", "")
    slot = slot_for(request.get_full_path(), content_length=length)
    with slot.writer() as writer:
        while data := request.read(CHUNK):
            writer.write(data)
        return writer.finish()
