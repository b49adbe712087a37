"""The pack of an image, for a program that reads it in its own thread."""

from uuid import UUID

from app.core.errors import NotFound
from app.core.storage import FolderStore, ObjectMissing, get_store
from app.images.models import ImageFile
from app.images.slices import CallableRange, LocalFile, PackError, PackReader

GONE = "The slice pack is not stored any more."


def open_pack(image_id: UUID) -> PackReader:
    """Open the image's pack; every read of a far one is a request. Sockets use `viewer.supplies`.

    Raises `NotFound` without a pack, `PackError` for a damaged or missing one and `SourceError`
    when the storage does not answer.
    """
    file = ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.SLICES).first()
    if file is None:
        raise NotFound
    store = get_store()
    if not store.exists(file.key):
        raise PackError("not-a-pack", GONE)
    if isinstance(store, FolderStore):
        return PackReader(LocalFile(store.path_of(file.key)))

    def fetch(offset: int, length: int) -> bytes:
        try:
            return store.read_range(file.key, start=offset, length=length)
        except ObjectMissing as error:
            raise PackError("not-a-pack", GONE) from error

    return PackReader(CallableRange(fetch, size=file.size))
