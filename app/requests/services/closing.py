"""When an object is deleted, whoever waits for access to it is told."""

from typing import Any

from app.audit.services import record
from app.notifications.services import notify
from app.requests.models import AccessRequest
from app.requests.registry import kind_of


def close_requests_of_deleted(*, sender: Any, instance: Any, **rest: Any) -> None:
    """Tell those whose requests disappear with the object; runs inside of its deletion.

    The object is locked first, as by everybody who decides, so no request is accepted meanwhile.
    """
    sender._base_manager.select_for_update(of=("self",)).filter(pk=instance.pk).first()
    kind = kind_of(instance)
    waiting = kind.rows.filter(target=instance, state=AccessRequest.State.PENDING)
    for request in waiting.select_related("user"):
        record("access_requests.request.dropped", obj=request, data={"user": request.user_id})
        notify(
            user=request.user,
            kind="access.dropped",
            text=f"The {kind.noun} “{instance.title[:150]}” was deleted; your request is closed.",
        )
