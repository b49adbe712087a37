"""Which algorithms take or give a socket."""

from typing import Any

from django.urls import reverse

from algorithms.models import AlgorithmInterface
from algorithms.policies import ALGORITHMS
from app.sockets.models import Socket
from app.sockets.uses import SHOWN, SocketUse


def uses_of_socket(user: Any, socket: Socket) -> list[SocketUse]:
    """Return the algorithms with this socket that ``user`` may see."""
    visible = AlgorithmInterface.objects.filter(algorithm__in=ALGORITHMS.visible_to(user))
    found: list[SocketUse] = []
    for how, chosen in (
        ("algorithm, takes it", visible.filter(inputs=socket)),
        ("algorithm, gives it", visible.filter(outputs=socket)),
    ):
        pairs = chosen.order_by("algorithm__title").values_list("algorithm_id", "algorithm__title")
        found += [
            SocketUse(title=title, url=reverse("algorithms:detail", args=[pk]), how=how)
            for pk, title in dict.fromkeys(pairs[:SHOWN])
        ]
    return found[:SHOWN]
