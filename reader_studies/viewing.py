"""How the cases of a reader study are viewed: what the viewer asks of studies."""

from django.db.models import QuerySet
from django.urls import reverse

from app.sockets.models import Socket
from reader_studies.models import ReaderStudy
from reader_studies.selectors import get_study_for
from viewer.viewables import ViewableKind


def sockets_of(study: ReaderStudy) -> QuerySet[Socket]:
    """Return the sockets that the study's cases fill."""
    return Socket.objects.filter(values__display_sets__study=study).distinct()


VIEWABLE = ViewableKind(
    key="reader-study",
    noun="reader study",
    area="reader-studies",
    model=ReaderStudy,
    find=lambda user, pk, action: get_study_for(user, pk, action=action),
    sockets=sockets_of,
    page=lambda study: reverse("reader_studies:detail", args=[study.pk]),
)
