"""Signed heads: what the chain looked like, kept outside of the database.

A chain cannot see its own tail cut. A head says how far it went, with its hash, and stands in the
object storage, signed; whoever rewrites the chain would have to forge every head since.
"""

import base64
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.utils import timezone

from app.audit.models import Event, Seal, SealProgress
from app.audit.signing import is_signed, sign
from app.core.storage import ObjectStore, StoredObject, get_store

PREFIX = "audit/heads"
KEPT_WHOLE = dt.timedelta(days=1)
THINNED = dt.timedelta(days=8)
_LARGEST = 64 * 1024


@dataclass(frozen=True)
class Head:
    """How far the chain went at a moment; ``count`` is the number of sealed events."""

    position: int
    event_id: int
    event_at: str
    hash: str
    count: int
    at: str

    def spelled(self) -> bytes:
        """Return what is signed."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class StoredHead:
    """A head as it lies in the storage; ``head`` is None when it is damaged or not signed by us."""

    key: str
    head: Head | None


def sign_head() -> str:
    """Write a signed head of the chain as it is; return its key, or nothing before any seal."""
    last = Seal.objects.order_by("-position").first()
    if last is None:
        return ""
    now = timezone.now()
    event = Event.objects.filter(pk=last.event_id).only("at").first()
    head = Head(
        position=last.position,
        event_id=last.event_id,
        event_at=event.at.isoformat() if event else "",
        hash=bytes(last.hash).hex(),
        count=last.position,
        at=now.isoformat(),
    )
    key_id, signature = sign(head.spelled())
    signed = {
        "head": asdict(head),
        "key_id": key_id,
        "signature": base64.b64encode(signature).decode(),
    }
    key = f"{PREFIX}/{now:%Y%m%d}/{now:%H%M%S}-{last.position:015d}.json"
    text = json.dumps(signed, indent=2) + "\n"
    get_store().put_bytes(text.encode(), key=key, content_type="application/json")
    SealProgress.objects.update_or_create(
        pk=1, defaults={"head_key": key, "head_position": last.position, "headed_at": now}
    )
    return key


def stored_heads(store: ObjectStore) -> Iterator[StoredHead]:
    """Yield every head in the storage, by time."""
    for found in sorted(store.list_objects(f"{PREFIX}/"), key=lambda item: item.key):
        yield StoredHead(key=found.key, head=_read(store, found))


def _read(store: ObjectStore, found: StoredObject) -> Head | None:
    if found.size > _LARGEST:
        return None
    try:
        signed = json.loads(store.read_range(found.key, start=0, length=found.size))
        head = Head(**signed["head"])
        signature = base64.b64decode(signed["signature"], validate=True)
        valid = is_signed(head.spelled(), signature=signature, key_id=str(signed["key_id"]))
    except (ValueError, KeyError, TypeError):
        return None
    return head if valid else None


def thin_heads(*, now: dt.datetime | None = None) -> int:
    """Keep every head of the last day, and the last one of each hour before; return how many went.

    Looks back over a few days only: what is older was thinned before.
    """
    moment = now or timezone.now()
    limit = moment - KEPT_WHOLE
    store = get_store()
    removed = 0
    for back in range(THINNED.days + 1):
        day = f"{moment - dt.timedelta(days=back):%Y%m%d}"
        hours: dict[str, str] = {}
        for found in sorted(store.list_objects(f"{PREFIX}/{day}/"), key=lambda item: item.key):
            stamp = found.key.rsplit("/", 1)[-1][:6]
            if f"{day}{stamp}" >= f"{limit:%Y%m%d%H%M%S}":
                continue
            if (earlier := hours.get(stamp[:2])) is not None:
                store.delete(earlier)
                removed += 1
            hours[stamp[:2]] = found.key
    return removed
