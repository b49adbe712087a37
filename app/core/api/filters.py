"""Filters of lists: what a query may narrow; every other parameter is ignored."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.request import Request

_LARGEST = 2**63 - 1


class Filter:
    """Narrows by equality; a value that cannot be one matches nothing.

    ``lookup`` is the field path; without one the view does the narrowing itself by calling
    ``narrow(queryset, value, user)``.
    """

    schema: dict[str, Any] = {"type": "string"}

    def __init__(
        self,
        lookup: str = "",
        *,
        says: str = "",
        narrow: Callable[[QuerySet[Any], Any, Any], QuerySet[Any]] | None = None,
    ) -> None:
        self.lookup = lookup
        self.says = says
        self._narrow = narrow

    def read(self, given: str) -> Any:
        """Return the value, or raise ``ValueError``."""
        if "\x00" in given:
            raise ValueError(given)
        return given

    def apply(self, queryset: QuerySet[Any], given: str, user: Any) -> QuerySet[Any]:
        """Return what matches."""
        try:
            value = self.read(given)
        except ValueError:
            return queryset.none()
        if self._narrow is not None:
            return self._narrow(queryset, value, user)
        return queryset.filter(**{self.lookup: value})


class KeyFilter(Filter):
    """A UUID."""

    schema = {"type": "string", "format": "uuid"}

    def read(self, given: str) -> UUID:
        """Return the key."""
        return UUID(given)


class NumberFilter(Filter):
    """A whole number."""

    schema = {"type": "integer"}

    def read(self, given: str) -> int:
        """Return the number."""
        number = int(given)
        if abs(number) > _LARGEST:
            raise ValueError(given)
        return number


class YesNoFilter(Filter):
    """``true`` or ``false``."""

    schema = {"type": "boolean"}

    def read(self, given: str) -> bool:
        """Return the truth value."""
        known = {"true": True, "1": True, "false": False, "0": False}
        if given.lower() not in known:
            raise ValueError(given)
        return known[given.lower()]


class QueryFilters(BaseFilterBackend):
    """Applies the ``filters`` that a view declares: parameter name → `Filter`."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow by every declared parameter that the query gives."""
        declared: dict[str, Filter] = getattr(view, "filters", {})
        for name, found in declared.items():
            given = request.query_params.get(name, "")
            if given:
                queryset = found.apply(queryset, given, request.user)
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the parameters for the schema."""
        declared: dict[str, Filter] = getattr(view, "filters", {})
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": found.says or f"Only those whose {name.replace('__', ' ')} this is.",
                "schema": found.schema,
            }
            for name, found in declared.items()
        ]


class Ordering(OrderingFilter):
    """``ordering=title`` or ``ordering=-created``, by the ``ordering_fields`` of the view."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        """Add the key, so that pages never overlap."""
        found = super().get_ordering(request, queryset, view)
        return [*found, "pk"] if found else found

    def get_valid_fields(self, queryset: Any, view: Any, context: Any = None) -> Any:
        """Allow nothing that the view did not name."""
        return [(name, name) for name in getattr(view, "ordering_fields", ())]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Name the fields; a list with one order has no such parameter."""
        names = [f"``{name}``" for name in getattr(view, "ordering_fields", ())]
        if not names:
            return []
        says = f"By {', '.join(names)}; a minus sign before the name turns the order around."
        schema = {"type": "string"}
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "required": False,
                "description": says,
                "schema": schema,
            }
        ]
