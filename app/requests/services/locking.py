"""The order of locks, the same for everybody: the object first, then the request.

Whoever deletes an object takes its lock first as well, so neither waits for the other in a circle.
"""

from typing import Any

from django.db.models import Model

from app.requests.errors import AlreadyDecided, RequestGone
from app.requests.models import AccessRequest


def lock_target(target: Model) -> Any:
    """Lock the object against deletion (not against its contents' growing) and return it afresh.

    Raises `RequestGone` if it was deleted meanwhile.
    """
    rows = type(target)._default_manager.select_for_update(no_key=True, of=("self",))
    found = rows.filter(pk=target.pk).first()
    if found is None:
        raise RequestGone
    return found


def lock_open_request(request: AccessRequest) -> AccessRequest:
    """Lock the object and its open request, and return the request afresh.

    Raises `RequestGone` or `AlreadyDecided` if somebody was faster.
    """
    target = lock_target(request.target)
    # Nothing is joined: PostgreSQL finds no row that was waited for when what it is joined to,
    # here the person who decided, is another one by then.
    rows = type(request)._default_manager.select_for_update()  # type: ignore[attr-defined]
    found: AccessRequest | None = rows.filter(pk=request.pk).first()
    if found is None:
        raise RequestGone
    if not found.is_open:
        raise AlreadyDecided(found)
    found.target = target
    return found
