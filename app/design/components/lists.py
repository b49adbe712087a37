"""Lists that people search, sort and page through, drawn from a `ListPage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from app.core.pages import ListPage
from app.design.components.markup import component, icon

_NEIGHBOURS = 2


def data_table(body: Any, page: ListPage, *, caption: str, **options: Any) -> SafeString:
    """Search box, table, empty state and pages around a ``<thead>`` and a ``<tbody>``."""
    noun = options.pop("noun", "") or caption.lower()
    return component(
        "data_table",
        body=body,
        page=page,
        caption=caption,
        noun=noun,
        id=options.pop("table_id", "") or f"{slugify(caption)}-list",
        searchable=options.pop("searchable", True) and bool(page.total or page.query),
        sortable=len(page.sorts) > 1 and page.total > 1,
        sorts=with_current(page),
        cleared=page.link(q=""),
        **options,
    )


def with_current(page: ListPage) -> list[tuple[str, str, bool]]:
    """The allowed orders as (key, label, chosen), with the current one even if reversed."""
    orders = [(key, label, key == page.sort) for key, label in page.sorts]
    if not any(chosen for _, _, chosen in orders):
        names = {key.lstrip("-"): label for key, label in page.sorts}
        label = names.get(page.sort.lstrip("-"), page.sort)
        orders.append((page.sort, f"{label} (reversed)", True))
    return orders


def sort_header(page: ListPage, key: str, label: str, *, numeric: bool = False) -> SafeString:
    """A column head that sorts by ``key``, and by its reverse when chosen again."""
    bare = key.lstrip("-")
    current = page.sort.lstrip("-") == bare
    falling = page.sort.startswith("-")
    target = (bare if falling else f"-{bare}") if current else key
    order = ("descending" if falling else "ascending") if current else "none"
    arrow = {
        "ascending": "arrow-up",
        "descending": "arrow-down",
        "none": "arrow-up-down",
    }[order]
    return format_html(
        '<th scope="col" aria-sort="{}"{}><a class="sort" href="{}">{}{}</a></th>',
        order,
        mark_safe(' class="num"') if numeric else "",
        page.link(sort=target),
        label,
        icon(arrow, size=14),
    )


def pagination(page: ListPage, *, label: str = "Pages") -> SafeString | str:
    """Links to the pages around this one; nothing where one page holds everything."""
    if page.pages < 2:
        return ""
    return component("pagination", page=page, label=label, steps=page_steps(page))


def page_steps(page: ListPage) -> list[Mapping[str, Any]]:
    """First, last and neighbouring pages; ``number`` 0 stands for a gap."""
    near = range(page.page - _NEIGHBOURS, page.page + _NEIGHBOURS + 1)
    wanted = sorted({1, page.pages, *(n for n in near if 1 <= n <= page.pages)})
    steps: list[Mapping[str, Any]] = []
    for before, number in zip([0, *wanted], wanted, strict=False):
        if number - before > 1:
            steps.append({"number": 0})
        steps.append(
            {
                "number": number,
                "href": page.link(page=number),
                "current": number == page.page,
            }
        )
    return steps
