"""Addresses of stored files: stable ones for pages, signed ones for whoever fetches the bytes."""

import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from app.audit.services import record
from app.core.storage import BucketStore, checked_key, get_store, own_addresses
from app.delivery.addresses import FILES
from app.delivery.configured import url_signer
from app.delivery.headers import BYTES, answer_headers, parameters_of
from app.delivery.registry import resolve_file
from app.delivery.signing import Policy

LIFETIME = 300  # seconds


def file_url(*, kind: str, pk: UUID, filename: str) -> str:
    """Return the stable portal address (path only) of a file.

    It asks for permission each time it is opened, so it may stand in pages and in answers of the
    API. It ends with the file's name, because clients take the ending from there.
    """
    name = "".join(char for char in filename if char.isprintable()).replace("/", "_") or "file"
    return reverse("delivery:file", kwargs={"kind": kind, "pk": pk, "filename": name})


def signed_url_for(
    key: str,
    *,
    filename: str | None = None,
    content_type: str = BYTES,
    inline: bool = False,
    expires_in: int = LIFETIME,
) -> str:
    """Return an absolute address from which anyone can read the object for ``expires_in`` seconds.

    For workers, viewers and redirects: permission must have been asked before. CloudFront where a
    domain is configured, else the bucket itself, else our own endpoint.
    """
    headers = answer_headers(filename=filename or "", content_type=content_type, inline=inline)
    if settings.DELIVERY_DOMAIN:
        base = f"https://{settings.DELIVERY_DOMAIN}/{checked_key(key)}"
        return url_signer().sign(base + parameters_of(headers), expires_in=expires_in)
    store = get_store()
    if isinstance(store, BucketStore) and not store.location.direct:
        return own_addresses().of_file(checked_key(key), expires_in=expires_in, headers=headers)
    return store.sign_get(key, expires_in=expires_in, headers=headers)


def folder_cookies(folder: str, *, expires_in: int = LIFETIME) -> dict[str, str]:
    """Return cookies that open every object below ``folder``, for whoever fetches many of them.

    Permission must have been asked before. They are CloudFront's signed cookies where a domain is
    configured, and ours for ``/files/`` else; a bucket's own addresses know no such thing.
    """
    host = settings.DELIVERY_DOMAIN
    base = f"https://{host}/" if host else f"{settings.SITE_URL}{FILES}"
    resource = f"{base}{checked_key(folder)}/*"
    return url_signer().cookies(Policy(resource=resource, expires=int(time.time()) + expires_in))


def hand_out(*, kind: str, user: Any, pk: UUID) -> str:
    """Return a signed address if ``user`` may read the file, and record that they were given it."""
    served = resolve_file(kind=kind, user=user, pk=pk)
    address = signed_url_for(served.key, filename=served.filename, content_type=served.content_type)
    record(
        served.audit_name,
        obj=served.audit_object,
        actor=user,
        data={"kind": kind, "file": str(pk), "name": served.filename, "size": served.size},
    )
    return address
