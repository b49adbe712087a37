"""What the portal holds of a person: each application says what it has and how it forgets it.

The export of somebody's data and the deletion of an account ask this registry; neither knows the
applications.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts.models import User

Row = Mapping[str, Any]
Exporter = Callable[[User], Iterable[Row]]
Eraser = Callable[[User], None]


@dataclass(frozen=True)
class PersonalData:
    """One kind of data about a person: ``<name>.json`` in their export."""

    name: str
    exporter: Exporter
    eraser: Eraser | None


_known: dict[str, PersonalData] = {}


def register_personal_data(name: str, exporter: Exporter, eraser: Eraser | None = None) -> None:
    """Let ``exporter(user)`` say what the person gave or did, as rows that become JSON.

    ``eraser(user)`` removes it when the account is deleted; without one it stays, attributed to a
    pseudonym. Rows hold no secrets and nothing about other people. Call it in
    ``AppConfig.ready()``.
    """
    if name in _known and _known[name].exporter is not exporter:
        raise RuntimeError(f"Personal data {name!r} is registered already.")
    _known[name] = PersonalData(name, exporter, eraser)


def personal_data() -> list[PersonalData]:
    """Return every kind of data about a person, by name."""
    return [_known[name] for name in sorted(_known)]
