"""Verbs on archives."""

from archives.services.archives import (
    change_deidentification,
    create_archive,
    delete_archive,
    update_archive,
)
from archives.services.items import (
    add_imported_images,
    add_item,
    change_item,
    delete_item,
    describe_destination,
    describe_item,
    receive_item_image,
)

__all__ = [
    "add_imported_images",
    "add_item",
    "change_deidentification",
    "change_item",
    "create_archive",
    "delete_archive",
    "delete_item",
    "describe_destination",
    "describe_item",
    "receive_item_image",
    "update_archive",
]
