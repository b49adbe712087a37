"""The two addresses of a file: a stable one that asks, a signed one that answers."""

import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from app.accounts.authentication import caller_of
from app.core.storage import AnswerHeaders, ObjectMissing
from app.delivery.addresses import check_file
from app.delivery.answer import file_answer
from app.delivery.services import hand_out
from app.delivery.signing import SignatureRefused
from app.delivery.target import raw_target, signature_cookies

AREAS = {"values": "images", "pictures": "account", "personal-data": "account"}
"""What a token must reach to read files of a kind, where it is not named like the kind."""


@require_safe
def portal_file(request: HttpRequest, kind: str, pk: UUID, filename: str) -> HttpResponse:
    """Ask permission, record the access, and send the reader to a short-lived signed address.

    ``filename`` is for people and programs that look at the ending; the file is found by ``pk``.
    """
    address = hand_out(kind=kind, user=caller_of(request, area=AREAS.get(kind, kind)), pk=pk)
    response = HttpResponseRedirect(_near(address))
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def signed_file(request: HttpRequest, key: str, **_: Any) -> HttpResponseBase:
    """Answer a signed address; the signature is the permission, so no session is asked for.

    A plain function: it looks at the disk once. The body is streamed asynchronously.
    """
    try:
        verified = check_file(
            raw_target(request),
            ip=request.META.get("REMOTE_ADDR"),
            cookies=signature_cookies(request),
        )
    except SignatureRefused:
        return _refused(403, "This address is not valid (any more). Open the file's page again.")
    said = verified.parameters
    headers = AnswerHeaders(
        disposition=said.get("response-content-disposition", ""),
        content_type=said.get("response-content-type", ""),
    )
    try:
        return file_answer(
            request, key=key, headers=headers, max_age=int(verified.policy.expires - time.time())
        )
    except ObjectMissing as error:
        return _refused(404, error.message)


def _near(address: str) -> str:
    """Return an address of our own as a path, so that it works by every name of this site."""
    own = f"{settings.SITE_URL}/"
    return address.removeprefix(settings.SITE_URL) if address.startswith(own) else address


def _refused(status: int, message: str) -> HttpResponse:
    response = HttpResponse(f"{message}\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
