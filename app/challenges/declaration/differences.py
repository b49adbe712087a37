"""What changed between two versions of a design."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.challenges.declaration.items import ITEMS
from app.challenges.declaration.showing import text_of


@dataclass(frozen=True)
class Change:
    """One item that changed, as texts; an empty one means that there was, or is, no answer."""

    name: str
    label: str
    before: str
    after: str


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the items whose answers differ, in the design's order."""
    return [
        Change(
            name,
            item.label,
            text_of(item, before.get(name)),
            text_of(item, after.get(name)),
        )
        for name, item in ITEMS.items()
        if before.get(name) != after.get(name)
    ]
