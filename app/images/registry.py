"""What upper layers register with images: import destinations, and work for new images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.errors import NotFound


@dataclass(frozen=True)
class Destination:
    """Where an import goes, for people."""

    title: str
    url: str


Receive = Callable[[Any, list[Any]], None]
Describe = Callable[[Any, UUID], Destination]
Lose = Callable[[Any], None]
_destinations: dict[str, tuple[Receive, Describe]] = {}
_lost: dict[str, Lose] = {}
_many: set[str] = set()
_on_image_ready: list[Callable[[UUID], None]] = []


def register_destination(
    key: str,
    receive: Receive,
    describe: Describe,
    lost: Lose | None = None,
    *,
    many: bool = False,
) -> None:
    """Let imports go to ``key``: ``receive(import, images)`` runs in the final transaction;
    ``describe(user, pk)`` names the object or raises `NotFound` without the right to add.
    ``lost(import)`` is told, in the transaction that ends it, of an import that brings nothing.
    ``many`` says that any number of images is welcome, and more of them later."""
    _destinations[key] = (receive, describe)
    if lost is not None:
        _lost[key] = lost
    if many:
        _many.add(key)


def takes_more(key: str) -> bool:
    """Tell whether a destination takes further images after it was given some."""
    return key in _many


def waits_no_longer(key: str) -> bool:
    """Tell whether a destination is done with an import that brought it nothing."""
    return key in _lost


def lose_images(key: str, source: Any) -> None:
    """Tell the destination that nothing will come."""
    if key in _lost:
        _lost[key](source)


def receive_images(key: str, source: Any, images: list[Any]) -> None:
    """Hand imported images to their destination."""
    _destinations[key][0](source, images)


def describe_destination(key: str, user: Any, pk: UUID) -> Destination:
    """Return what ``user`` may know of the destination, or raise `NotFound`."""
    if key not in _destinations:
        raise NotFound
    return _destinations[key][1](user, pk)


def register_image_ready(callback: Callable[[UUID], None]) -> None:
    """Call ``callback(image id)`` in the transaction that makes a new image."""
    if callback not in _on_image_ready:
        _on_image_ready.append(callback)


def image_ready(image_id: UUID) -> None:
    """Tell everybody who asked that an image can be read now."""
    for callback in _on_image_ready:
        callback(image_id)
