"""How the cases of an archive are viewed: what the viewer asks of archives."""

from django.db.models import QuerySet
from django.urls import reverse

from app.sockets.models import Socket
from archives.models import Archive
from archives.selectors import get_archive_for
from viewer.viewables import ViewableKind


def sockets_of(archive: Archive) -> QuerySet[Socket]:
    """Return the sockets that the archive's cases fill."""
    return Socket.objects.filter(values__archive_items__archive=archive).distinct()


VIEWABLE = ViewableKind(
    key="archive",
    noun="archive",
    area="archives",
    model=Archive,
    find=lambda user, pk, action: get_archive_for(user, pk, action=action),
    sockets=sockets_of,
    page=lambda archive: reverse("archives:detail", args=[archive.pk]),
)
