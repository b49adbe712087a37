"""Reading one value of a JSON field in the database, without the rest."""

from collections.abc import Iterable

from django.db.models import F, Func, JSONField, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast


def value_at(field: str, keys: Iterable[str]) -> Combinable:
    """Return what lies in ``field`` behind ``keys``; the database also finds places of lists so."""
    found: Combinable = F(field)
    for key in keys:
        found = KeyTransform(key, found)
    return found


def value_behind(field: str, path: str) -> Combinable:
    """Return what lies in ``field`` behind the keys of ``path``; a place of a list is no key."""
    found: Combinable = F(field)
    for key in path.split("."):
        found = _Key(found, Cast(Value(key), TextField()), output_field=JSONField())
    return found


class _Key(Func):
    """PostgreSQL's ``->`` with a text, which finds keys of objects alone."""

    template = "(%(expressions)s)"
    arg_joiner = " -> "
