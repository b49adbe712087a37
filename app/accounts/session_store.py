"""Sessions in the database, each read in one query with the person whom it is noted for.

Every page needs both, and what its frame tells of the person; as three queries these were half of
what a small page asked for. Who is signed in is still for the session to say, not for the note
(`app.accounts.sessions.signed_in_person`).
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone

from app.accounts.models import User

_beside: dict[str, Combinable] = {}


def read_beside_person(name: str, expression: Combinable) -> None:
    """Let whoever is signed in be read with ``expression`` as an attribute called ``name``."""
    _beside[name] = expression


class SessionStore(DatabaseStore):
    """A session with the ``person`` whom it is noted for, if any."""

    person: User | None = None

    def load(self) -> dict[str, Any]:
        """Read the session with its person; alone where it is not noted yet."""
        found = self._person_with_data()
        if found is None or found.session_data is None:
            loaded: dict[str, Any] = super().load()
            return loaded
        self.person = found
        decoded: dict[str, Any] = self.decode(found.session_data)
        return decoded

    def _person_with_data(self) -> Any:
        alive = self.model.objects.filter(
            session_key=self.session_key, expire_date__gt=timezone.now()
        )
        people = User.objects.filter(usersession__session_key=self.session_key).order_by()
        data = Subquery(alive.values("session_data"))
        return next(iter(people.annotate(session_data=data, **_beside)), None)
