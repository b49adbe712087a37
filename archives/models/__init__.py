"""Archives, their items and their people."""

from archives.models.archive import Archive, ArchiveMember, ArchiveRequest
from archives.models.item import ArchiveItem

__all__ = ["Archive", "ArchiveItem", "ArchiveMember", "ArchiveRequest"]
