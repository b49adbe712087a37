"""The icons pages may use: Lucide drawings kept as data, so that a page needs no Node to render.

The drawings are Lucide's (ISC licence, see LICENSE-lucide.txt). To add one, put its name into
``names.txt`` and run ``python manage.py collect_icons``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

ICON_NAMES = Path(__file__).parent / "names.txt"
ICON_DATA = Path(__file__).parent / "lucide.json"


class UnknownIconError(LookupError):
    """A template asked for an icon that was never collected."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"There is no icon called {name!r}. Add it to app/design/icons/names.txt and run "
            "`python manage.py collect_icons`."
        )


@cache
def all_icons() -> dict[str, str]:
    """Every drawing by name: the markup that goes inside a 24 x 24 <svg>."""
    icons: dict[str, str] = json.loads(ICON_DATA.read_text())["icons"]
    return icons


def icon_body(name: str) -> str:
    """Markup of one icon; trusted, since it comes from the committed file alone."""
    try:
        return all_icons()[name]
    except KeyError:
        raise UnknownIconError(name) from None
