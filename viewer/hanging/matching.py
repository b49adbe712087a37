"""Which protocol a case hangs by, and what lies in each viewport.

The rules, in order:

1. What ``content`` names and the case has lies there: the first picture with what lies over it.
2. Where ``content`` says nothing at all, pictures go to the viewports one by one. With twice,
   three times … as many viewports as pictures, each picture gets that many neighbors if these
   differ in orientation: one volume hangs in three planes.
3. A viewport with a parent and nothing of its own shows what its parent shows.
4. The default protocol is taken if every viewport of it gets something; else the first alternative
   of which that is true; else the default, with what there is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from viewer.hanging.checks import PICTURES

Protocol = Sequence[Mapping[str, Any]]
Content = Mapping[str, Sequence[str]]
OVERLAYS = frozenset({"SEG", "HMAP"})


@dataclass(frozen=True)
class Slot:
    """One value of a case: the socket it fills, and its kind."""

    slug: str
    kind: str


@dataclass(frozen=True)
class Candidate:
    """A protocol that a case may hang by; ``key`` is the caller's name for it."""

    key: str
    protocol: Protocol


@dataclass(frozen=True)
class Hung:
    """A case on a protocol: slugs of sockets in each viewport, a picture before its overlays."""

    key: str
    contents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_complete: bool = False


def hang(slots: Iterable[Slot], *, candidates: Sequence[Candidate], content: Content) -> list[Hung]:
    """Return the case on each candidate, the one to begin with first, the others in their order."""
    values = list(slots)
    hung = [_hung(candidate, values, content) for candidate in candidates]
    best = next((one for one in hung if one.is_complete), None) or (hung[0] if hung else None)
    return [] if best is None else [best, *(one for one in hung if one is not best)]


def _hung(candidate: Candidate, values: Sequence[Slot], content: Content) -> Hung:
    own = _own_content(candidate.protocol, content)
    contents = _named(own, values) if own else _dealt(candidate.protocol, values)
    for viewport in candidate.protocol:
        _inherit(viewport["viewport_name"], candidate.protocol, contents)
    wanted = [v["viewport_name"] for v in candidate.protocol if "specialized_view" not in v]
    complete = bool(values) and all(contents.get(name) for name in wanted)
    return Hung(candidate.key, contents, complete)


def _own_content(protocol: Protocol, content: Content) -> Content:
    names = {viewport["viewport_name"] for viewport in protocol}
    return {name: slugs for name, slugs in content.items() if name in names}


def _named(content: Content, values: Sequence[Slot]) -> dict[str, tuple[str, ...]]:
    kinds = {slot.slug: slot.kind for slot in values}
    found = {}
    for name, slugs in content.items():
        here = [slug for slug in slugs if slug in kinds]
        pictures = [slug for slug in here if kinds[slug] in PICTURES]
        rest = [slug for slug in here if slug not in pictures[:1]]
        found[name] = (*pictures[:1], *rest)
    return found


def _dealt(protocol: Protocol, values: Sequence[Slot]) -> dict[str, tuple[str, ...]]:
    pictures = [slot.slug for slot in values if slot.kind in PICTURES]
    overlays = [slot.slug for slot in values if slot.kind in OVERLAYS]
    places = [v for v in protocol if "specialized_view" not in v and "parent_id" not in v]
    share = _share(places, len(pictures))
    found: dict[str, tuple[str, ...]] = {}
    for index, viewport in enumerate(places):
        picture = pictures[index // share : index // share + 1]
        if picture:
            found[viewport["viewport_name"]] = (*picture, *overlays)
    return found


def _share(places: Protocol, pictures: int) -> int:
    """Return how many neighboring viewports show one picture."""
    if pictures == 0 or len(places) % pictures:
        return 1
    share = len(places) // pictures
    groups = [places[start : start + share] for start in range(0, len(places), share)]
    if all(len({v.get("orientation") for v in group}) == share for group in groups):
        return share
    return 1


def _inherit(name: str, protocol: Protocol, contents: dict[str, tuple[str, ...]]) -> None:
    """Take over what the parent shows, or its parent: protocols have no circles."""
    parents = {viewport["viewport_name"]: viewport.get("parent_id") for viewport in protocol}
    parent = parents[name]
    while not contents.get(name) and parent is not None:
        if contents.get(parent):
            contents[name] = contents[parent]
        parent = parents.get(parent)
