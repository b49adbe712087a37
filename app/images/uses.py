"""Where an image is used: applications that use images say so, each to whom it may say it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Use:
    """One use of an image: an item, a case, a run. ``made`` tells that it came from there.

    ``part_of`` and ``part_of_url`` are the object that people know it by, such as the archive;
    ``area`` and ``area_url`` the list of such objects.
    """

    kind: str
    title: str
    url: str
    part_of: str
    part_of_url: str
    area: str
    area_url: str
    made: bool = False


Provider = Callable[[Any, UUID], list[Use]]
SHOWN = 20
_providers: list[Provider] = []


def register_uses(provider: Provider) -> None:
    """Let ``provider(user, image id)`` name the uses that ``user`` may see, at most `SHOWN`."""
    if provider not in _providers:
        _providers.append(provider)


def uses_of(image_id: UUID, *, user: Any) -> list[Use]:
    """Return the uses of an image that ``user`` may see."""
    return [use for provider in _providers for use in provider(user, image_id)]
