"""How the cases of a phase are viewed: what the viewer asks of phases."""

from django.db.models import Q, QuerySet
from django.urls import reverse

from app.challenges.models import Phase
from app.challenges.selectors import get_phase_for
from app.sockets.models import Socket
from viewer.viewables import ViewableKind


def sockets_of(phase: Phase) -> QuerySet[Socket]:
    """Return what algorithms take and give in the phase."""
    return Socket.objects.filter(Q(phase_inputs=phase) | Q(phase_outputs=phase)).distinct()


VIEWABLE = ViewableKind(
    key="phase",
    noun="phase",
    area="challenges",
    model=Phase,
    find=lambda user, pk, action: get_phase_for(user, pk, action=action),
    sockets=sockets_of,
    page=lambda phase: reverse("challenges:phase", args=[phase.pk]),
)
