"""Lists that people search, sort and page through: one shape for every list page."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.http import HttpRequest

Rows = QuerySet[Any]


@dataclass(frozen=True)
class ListPage:
    """One page of a list, with what the table needs to draw its header and footer."""

    items: Sequence[Any]
    query: str
    sort: str
    sorts: Sequence[tuple[str, str]]
    page: int
    pages: int
    total: int
    params: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """What the list's own filters are set to; the table's form holds their fields."""

    @property
    def is_filtered(self) -> bool:
        """Tell whether the user narrowed the list."""
        return bool(self.query) or any(self.chosen.values())

    def link(self, **changes: Any) -> str:
        """Return this list's query string with some parameters changed."""
        values: dict[str, Any] = {"q": self.query, "sort": self.sort, **self.params}
        values |= {**self.chosen, **changes}
        return "?" + urlencode({k: v for k, v in values.items() if v not in ("", None)})


def list_page(
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    search: Sequence[str],
    sorts: Sequence[tuple[str, str]],
    size: int = 25,
    chosen: Mapping[str, str] | None = None,
    counted_with_rows: bool = False,
    shown: Callable[[Rows], Rows] | None = None,
    ties: Sequence[str] = (),
) -> ListPage:
    """Search, sort and cut ``queryset`` by the request's ``q``, ``sort`` and ``page``.

    ``search`` lists fields matched case-insensitively; ``sorts`` lists allowed orderings as
    (field, label), the first being the default; a leading ``-`` in ``sort`` reverses. ``chosen``
    are further filters that ``queryset`` went through already, for the links to other pages.
    ``counted_with_rows`` saves the query that counts, where there are thousands at most.
    ``shown`` adds to rows what they show: the search for those of the page goes without. Equal
    rows are in the order of ``ties``, then of their keys.
    """
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if query and search:
        wanted = Q()
        for name in search:
            wanted |= Q(**{f"{name}__icontains": query})
        found = queryset.order_by().filter(wanted)  # more than once where several of its rows match
        queryset = queryset.filter(pk__in=found.values("pk"))
    sort = request.GET.get("sort", "")
    allowed = {name.removeprefix("-") for name, _ in sorts}
    if sort.removeprefix("-") not in allowed:
        sort = sorts[0][0]
    queryset, asked = queryset.order_by(sort, *ties, "pk"), request.GET.get("page")
    more = shown or _as_they_are
    cut = _counted_with_rows(queryset, asked, size, more) if counted_with_rows else None
    items, number, total = cut or _counted(more(queryset), asked, size)
    return ListPage(
        items=items,
        query=query,
        sort=sort,
        sorts=list(sorts),
        page=number,
        pages=max(1, math.ceil(total / size)),
        total=total,
        chosen=chosen or {},
    )


def rows_page(
    request: HttpRequest, rows: Sequence[Any], *, size: int, params: Mapping[str, str]
) -> ListPage:
    """Cut rows that were read and ordered already by the request's ``page``.

    ``params`` are what links to other pages of them keep.
    """
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    return ListPage(
        items=list(page.object_list),
        query="",
        sort="",
        sorts=(),
        page=page.number,
        pages=page.paginator.num_pages,
        total=len(rows),
        params=params,
    )


def _as_they_are(rows: Rows) -> Rows:
    return rows


def _counted(
    queryset: QuerySet[Any], asked: str | None, size: int
) -> tuple[Sequence[Any], int, int]:
    """Return the rows of the page that was asked for or is next to it, its number, and all."""
    paginator = Paginator(queryset, size)
    page = paginator.get_page(asked)
    return list(page.object_list), page.number, paginator.count


def _counted_with_rows(
    queryset: QuerySet[Any], asked: str | None, size: int, more: Callable[[Rows], Rows]
) -> tuple[Sequence[Any], int, int] | None:
    """Return the same in one query, or nothing where there is no such page.

    What rows show beside their order is computed for those of the page alone.
    """
    plain = asked is None or (asked.isdecimal() and 0 < len(asked) < 7)
    number = int(asked or 1) if plain else 0
    if number < 1:
        return None
    keys = queryset.values("pk")
    shown = more(queryset.filter(pk__in=keys[(number - 1) * size : number * size]))
    rows = list(shown.annotate(list_total=_CountOf(keys.order_by())))
    return (rows, number, rows[0].list_total) if rows else None


class _CountOf(Subquery):
    """How many rows a query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
