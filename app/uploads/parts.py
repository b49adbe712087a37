"""Taking one part by its signed address, whichever server brings the bytes.

The signature is the whole permission: no session, no database.
"""

from dataclasses import dataclass

from app.core.errors import NotFound, PortalError
from app.core.storage import FolderStore, PartWriter, get_store, own_addresses


class PartForbidden(PortalError):
    """The address was not signed by us, for this, or has expired."""

    code = "part-forbidden"
    status = 403
    title = "This address is not valid (any more)"


class PartTooLarge(PortalError):
    """More bytes than the address was signed for."""

    code = "part-too-large"
    status = 413
    title = "This part is too large"


@dataclass(frozen=True)
class Slot:
    """Where one part may be written, and how much of it."""

    multipart_id: str
    number: int
    max_size: int

    def writer(self) -> PartWriter:
        """Return a writer for the part; raises `MultipartMissing` when the upload is closed."""
        store = get_store()
        if not isinstance(store, FolderStore):
            raise NotFound
        return store.write_part(self.multipart_id, number=self.number, max_size=self.max_size)


def slot_for(target: str, *, content_length: str) -> Slot:
    """Return the slot that a PUT to ``target`` (path and query) may fill.

    ``content_length`` is the header as sent, or empty; a size that is announced too large is
    refused before a byte is read, one that is not announced while it is being written.
    """
    grant = own_addresses().check_part(target, method="PUT")
    if grant is None:
        raise PartForbidden(advice="Ask for a new address and send the part again.")
    if content_length and (
        not content_length.isdecimal() or int(content_length[:20]) > grant.max_size
    ):
        raise PartTooLarge(advice=f"Send parts of at most {grant.max_size // 2**20} MiB.")
    return Slot(multipart_id=grant.multipart_id, number=grant.number, max_size=grant.max_size)
