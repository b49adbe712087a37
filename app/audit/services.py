"""Writing audit events."""

import re
from typing import Any

from django.db.models import Model

from app.audit.models import Event
from app.core.context import current

NAME = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+$")


def record(
    name: str, *, obj: Model | None, actor: Any = None, data: dict[str, Any] | None = None
) -> None:
    """Write one event in the transaction under way.

    ``name`` follows the grammar ``app.object.verb``. Without ``actor`` the signed-in user of the
    request under way is taken; background work has none.
    """
    if not NAME.match(name):
        raise ValueError(f"Audit name {name!r} is not of the form app.object.verb")
    context = current()
    who = actor if actor is not None else context.actor
    Event.objects.create(
        name=name,
        actor_id=who.pk if who is not None and getattr(who, "is_authenticated", False) else None,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        request_id=context.request_id,
        address=context.address,
        data=data or {},
    )
