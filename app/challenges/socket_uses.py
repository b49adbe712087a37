"""Which phases take or give a socket."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from app.challenges.selectors import phases_for
from app.sockets.models import Socket
from app.sockets.uses import SHOWN, SocketUse


def uses_of_socket(user: Any, socket: Socket) -> list[SocketUse]:
    """Return the phases with this socket whose challenge ``user`` may see."""
    phases = phases_for(user).filter(Q(inputs=socket) | Q(outputs=socket)).distinct()
    return [
        SocketUse(
            title=f"{phase.challenge.title}: {phase.title}",
            url=reverse("challenges:detail", args=[phase.challenge_id]),
            how="phase of a challenge",
        )
        for phase in phases.prefetch_related(None).order_by("title")[:SHOWN]
    ]
