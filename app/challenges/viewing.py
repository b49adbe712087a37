"""How the cases of a phase are viewed: what the viewer asks of phases."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from app.challenges.models import Phase
from app.challenges.selectors import get_phase_for
from app.sockets.models import Socket
from viewer.viewables import ViewableKind


def sockets_of(phase: Phase) -> QuerySet[Socket]:
    """Return what algorithms take and give in the phase."""
    return Socket.objects.filter(Q(phase_inputs=phase) | Q(phase_outputs=phase)).distinct()


def phase_of(archive: Any) -> Phase | None:
    """Return the phase that says how the cases of an archive hang, the oldest of several."""
    speaking = Phase.objects.filter(archive=archive).exclude(
        hanging_protocol=None, viewer_configuration=None
    )
    return speaking.select_related("hanging_protocol").order_by("created").first()


VIEWABLE = ViewableKind(
    key="phase",
    noun="phase",
    area="challenges",
    model=Phase,
    find=lambda user, pk, action: get_phase_for(user, pk, action=action),
    sockets=sockets_of,
    page=lambda phase: reverse("challenges:phase", args=[phase.pk]),
)
