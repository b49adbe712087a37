"""What reading results puts into storage before anybody knows whether it is used.

Attempts that were cut off, and processes that woke up when the work was done, leave such drafts.
Only what the database does not know, and what is older than the end of its job, is ever removed:
later work on an image stores beside it before it writes its rows.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.core.storage import get_store
from app.images.models import ImageFile
from app.sockets.models import SocketValue


def forget_drafts(pk: UUID, *, before: datetime) -> None:
    """Remove what was stored under an incoming output's identifier, is older, and is not used."""
    store = get_store()
    prefixes = (f"images/{pk}", f"values/{pk}")
    found = [draft for prefix in prefixes for draft in store.list_objects(prefix)]
    forget_unused(draft.key for draft in found if draft.modified < before)


def forget_unused(keys: Iterable[str]) -> None:
    """Remove objects that no row refers to."""
    wanted = list(keys)
    used = {*ImageFile.objects.filter(key__in=wanted).values_list("key", flat=True)}
    used |= {*SocketValue.objects.filter(file_key__in=wanted).values_list("file_key", flat=True)}
    store = get_store()
    for key in wanted:
        if key not in used:
            store.delete(key)
