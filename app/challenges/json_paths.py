"""Reading one value of a JSON field in the database, without the rest."""

from collections.abc import Iterable

from django.db.models import F
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform


def value_at(field: str, keys: Iterable[str]) -> Combinable:
    """Return what lies in ``field`` behind ``keys``; the database also finds places of lists so."""
    found: Combinable = F(field)
    for key in keys:
        found = KeyTransform(key, found)
    return found
