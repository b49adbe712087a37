"""How the runs of an algorithm are viewed: what the viewer asks of algorithms."""

from django.db.models import Q, QuerySet
from django.urls import reverse

from algorithms.models import Algorithm
from algorithms.selectors import get_algorithm_for
from app.sockets.models import Socket
from viewer.viewables import ViewableKind


def sockets_of(algorithm: Algorithm) -> QuerySet[Socket]:
    """Return what the algorithm takes and gives."""
    taken, given = Q(input_of__algorithm=algorithm), Q(output_of__algorithm=algorithm)
    return Socket.objects.filter(taken | given).distinct()


VIEWABLE = ViewableKind(
    key="algorithm",
    noun="algorithm",
    area="algorithms",
    model=Algorithm,
    find=lambda user, pk, action: get_algorithm_for(user, pk, action=action),
    sockets=sockets_of,
    page=lambda algorithm: reverse("algorithms:detail", args=[algorithm.pk]),
)
