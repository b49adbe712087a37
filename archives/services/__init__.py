"""Verbs on archives."""

from archives.services.archives import create_archive, delete_archive, update_archive
from archives.services.items import (
    add_imported_images,
    add_item,
    delete_item,
    describe_destination,
)

__all__ = [
    "add_imported_images",
    "add_item",
    "create_archive",
    "delete_archive",
    "delete_item",
    "describe_destination",
    "update_archive",
]
