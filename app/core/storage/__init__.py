"""Stored objects behind one interface: a folder, or any S3-compatible store, by ``STORAGE_URL``."""

from app.core.storage.addresses import OwnAddresses, PartGrant, own_addresses, set_own_addresses
from app.core.storage.bucket import BucketStore
from app.core.storage.configured import django_storages, get_store, store_at
from app.core.storage.errors import (
    KeyInvalid,
    MultipartMissing,
    ObjectMissing,
    PartsRefused,
    StorageUnavailable,
    StorageUrlInvalid,
)
from app.core.storage.folder import FolderStore
from app.core.storage.folder_parts import PartWriter
from app.core.storage.location import (
    BucketLocation,
    FolderLocation,
    Location,
    parse_storage_url,
)
from app.core.storage.store import (
    KEY_PATTERN,
    MAX_PART_SIZE,
    MAX_PARTS,
    MIN_PART_SIZE,
    AnswerHeaders,
    Completed,
    Multipart,
    ObjectStore,
    Part,
    PartReceipt,
    StoredObject,
    checked_key,
)

__all__ = [
    "KEY_PATTERN",
    "MAX_PARTS",
    "MAX_PART_SIZE",
    "MIN_PART_SIZE",
    "AnswerHeaders",
    "BucketLocation",
    "BucketStore",
    "Completed",
    "FolderLocation",
    "FolderStore",
    "KeyInvalid",
    "Location",
    "Multipart",
    "MultipartMissing",
    "ObjectMissing",
    "ObjectStore",
    "OwnAddresses",
    "Part",
    "PartGrant",
    "PartReceipt",
    "PartWriter",
    "PartsRefused",
    "StorageUnavailable",
    "StorageUrlInvalid",
    "StoredObject",
    "checked_key",
    "django_storages",
    "get_store",
    "own_addresses",
    "parse_storage_url",
    "set_own_addresses",
    "store_at",
]
