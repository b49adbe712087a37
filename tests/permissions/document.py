"""Writes docs/permissions.md from the table: ``python -m tests.permissions.document``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
OPENING = """# Who may do what

Made from the table that the tests hold the site to (`tests/permissions/`), by
`.venv/bin/python -m tests.permissions.document`; do not edit it by hand. The tests send every
request below as every role and compare what comes back; an address of the site that stands in no
row fails them. `tests/permissions/test_stories.py` tells the same rights once more as people live
them, written by hand and without this table.

Roles are held on one object: whoever is editor of one archive is nobody in the next. Missing and
forbidden look the same (404), and a visitor is asked to sign in. Buttons (POST alone) answer 405
when they are looked at; such rows are left out here.

"Of" names the object that the request is about: `archive`, `study`, `algorithm` and `challenge`
are closed and have a person for every role; `shared …` is public; `hidden …` belongs to the hidden
test set of the challenge; `own …` is the asking person's.
"""
AREAS = {
    "accounts": "Accounts and people",
    "people": "Profiles, verification, organizations and personal data",
    "algorithms": "Algorithms",
    "api": "API",
    "archives": "Archives",
    "challenges": "Challenges",
    "delivery": "Files",
    "design": "Style guide",
    "images": "Images",
    "sockets": "Sockets",
    "notifications": "Inbox",
    "reader_studies": "Reader studies",
    "uploads": "Uploads",
    "viewer": "Viewer",
    "web": "Site",
}


def text() -> str:
    """Return the page."""
    from tests.permissions.api_table import TABLE

    parts = [OPENING]
    shown = [row for row in TABLE if row.ok or row.others != "method"]
    rows = sorted(shown, key=lambda row: (_area(row), addresses()[row.route]))
    for area, group in groupby(rows, key=_area):
        parts += ["", f"## {AREAS.get(area, area.replace('_', ' ').capitalize())}"]
        parts += ["| request | address | of | gets through | a visitor | others |"]
        parts += ["|---|---|---|---|---|---|"]
        parts += [_line(row) for row in group]
    return "\n".join(parts) + "\n"


def _line(row: Any) -> str:
    named = [value for name, value in row.path.items() if name not in _WORDS]
    of = ", ".join(value.replace("_", " ") for value in named)
    words = (
        row.method,
        f"`{addresses()[row.route]}`",
        of,
        _people(row.ok),
        _fate(row, "anonymous"),
        "" if _everybody_in(row) else _FATES.get(row.others, row.others),
    )
    return f"| {' | '.join(words)} |"


_WORDS = {"key", "kind", "filename", "number", "code", "source", "slug"}
"""Parts of an address that name no object."""
_FATES = {
    "ok": "✓",
    "login": "asked to sign in",
    "hidden": "404",
    "refused": "refused",
    "method": "405",
    "conflict": "409",
}


def _fate(row: Any, role: str) -> str:
    found = row.expected(role)
    return _FATES.get(found, found)


def _everybody_in(row: Any) -> bool:
    from tests.permissions.world import ROLES

    return row.ok >= frozenset(ROLES) - {"anonymous"}


def _people(ok: frozenset[str]) -> str:
    from tests.permissions.world import ROLES

    if ok >= frozenset(ROLES) - {"anonymous"}:
        return "everybody" if "anonymous" in ok else "everybody signed in"
    if not ok:
        return "nobody"
    return ", ".join(role.replace("_", " ") for role in ROLES if role in ok)


def _area(row: Any) -> str:
    return str(row.route.split(":")[0])


@cache
def addresses() -> dict[str, str]:
    """Return the address pattern of every named route."""
    from django.urls import get_resolver

    return dict(_walk(get_resolver().url_patterns, "/", ()))


def _walk(patterns: Any, prefix: str, namespaces: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    from django.urls import URLPattern

    for found in patterns:
        here = prefix + str(found.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(found, URLPattern):
            yield ":".join((*namespaces, found.name or str(found.pattern))), here
        else:
            inner = (*namespaces, found.namespace) if found.namespace else namespaces
            yield from _walk(found.url_patterns, here, inner)


def main() -> None:
    """Write the page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    PAGE.write_text(text())
    print(f"Wrote {PAGE.name}")


if __name__ == "__main__":
    main()
