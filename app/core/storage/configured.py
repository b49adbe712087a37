"""The store that ``STORAGE_URL`` names, made once per process."""

import os
from functools import lru_cache
from typing import Any

from app.core.storage.bucket import BucketStore
from app.core.storage.folder import FolderStore
from app.core.storage.location import BucketLocation, FolderLocation, parse_storage_url
from app.core.storage.store import ObjectStore


def get_store() -> ObjectStore:
    """Return the configured store; connections are kept between calls."""
    from django.conf import settings

    return store_at(settings.STORAGE_URL)


@lru_cache(maxsize=8)
def store_at(url: str) -> ObjectStore:
    """Return the store at ``url``, the same object for the same address."""
    location = parse_storage_url(url)
    if isinstance(location, FolderLocation):
        return FolderStore(location.path)
    return BucketStore(location)


# A forked worker must not share its parent's open connections.
os.register_at_fork(after_in_child=store_at.cache_clear)


def django_storages(url: str) -> dict[str, Any]:
    """Return Django's ``STORAGES`` entry ``default`` for the same place.

    It serves code that wants a Django storage (logos, say). It gives out no addresses of its own on
    a folder: files are handed out by the delivery application only.
    """
    location = parse_storage_url(url)
    if isinstance(location, FolderLocation):
        options: dict[str, Any] = {"location": str(location.path), "base_url": None}
        backend = "django.core.files.storage.FileSystemStorage"
    else:
        options = _bucket_options(location)
        backend = "storages.backends.s3.S3Storage"
    return {"default": {"BACKEND": backend, "OPTIONS": options}}


def _bucket_options(location: BucketLocation) -> dict[str, Any]:
    return {
        "bucket_name": location.bucket,
        "endpoint_url": None if location.is_aws else location.endpoint,
        "region_name": location.region,
        "access_key": location.access_key or None,
        "secret_key": location.secret_key or None,
        "addressing_style": "virtual" if location.is_aws else "path",
        "signature_version": "s3v4",
        "file_overwrite": False,
        "default_acl": None,
        "querystring_expire": 300,
    }
