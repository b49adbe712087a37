"""Writing audit events."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from app.audit.models import Event
from app.core.audit import checked_event
from app.core.context import current

M = TypeVar("M", bound=Model)


def record(
    name: str,
    *,
    obj: Model | None,
    actor: Any = None,
    data: dict[str, Any] | None = None,
    more: Sequence[dict[str, Any]] = (),
) -> None:
    """Write one event in the transaction under way; for each of ``more``, too, with that data.

    ``name`` follows the grammar ``app.object.verb`` and is registered (`register_events`); any
    other raises `UnregisteredEvent`, and takes the change with it. Without ``actor`` the
    signed-in user of the request under way is taken; background work has none. Nothing is chained
    here, so writers share no lock; the sealer does that afterwards.
    """
    checked_event(name)
    context = current()
    who = actor if actor is not None else context.actor
    common: dict[str, Any] = {
        "name": name,
        "actor_id": who.pk if who is not None and getattr(who, "is_authenticated", False) else None,
        "object_type": obj._meta.label_lower if obj is not None else "",
        "object_id": str(obj.pk) if obj is not None else "",
        "request_id": context.request_id,
        "address": context.address,
    }
    if more:
        Event.objects.bulk_create([Event(**common, data=each) for each in (data or {}, *more)])
    else:
        Event.objects.create(**common, data=data or {})


@transaction.atomic
def change(name: str, *, obj: M, actor: Any, **changes: Any) -> M:
    """Set fields of ``obj``, check and save it, and record what each was before and is now."""
    before = {field: _plain(getattr(obj, field)) for field in changes}
    for field, value in changes.items():
        setattr(obj, field, value)
    obj.full_clean()
    obj.save()
    after = {field: _plain(value) for field, value in changes.items()}
    record(name, obj=obj, actor=actor, data={"before": before, "after": after})
    return obj


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
