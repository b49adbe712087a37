"""What the viewer holds of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from viewer.models import ViewSession


def opened_views(user: User) -> Iterator[Row]:
    """Yield what the person looked at, and when."""
    rows = ViewSession.objects.filter(user=user).order_by("created")
    yield from rows.values("source", "object_id", "state", "created").iterator()


def forget_views(user: User) -> None:
    """Remove what the person looked at; the audit log keeps what it must."""
    ViewSession.objects.filter(user=user).delete()
