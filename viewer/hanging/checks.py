"""What the schemas of hanging protocols cannot say, and refusals in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from app.sockets.schemas import KINDS, Display, InvalidValue, check_plain
from app.sockets.schemas.wording import explained
from viewer.hanging.schema import (
    CONTENT_SCHEMA,
    DEPENDENT_VIEWS,
    MOST_PARTS,
    PROTOCOL_SCHEMA,
    VIEWPORTS,
)

PLACE = ("x", "y", "w", "h")
ALONE = frozenset({Display.CHART, Display.DOCUMENT, Display.PICTURE})
"""Ways of showing that leave no room for anything else in a viewport."""
NEVER = frozenset({"CSV", "ZIP", "OBJ", "NEWCK", "BIOM", "DSPF"})
"""Kinds that no viewport shows."""
FILLS = frozenset(key for key, kind in KINDS.items() if kind.display in ALONE or key == "MP4")
"""Kinds that fill a viewport alone: charts, documents, thumbnails and films."""
PICTURES = frozenset({"IMG", "DCIS"})

_PROTOCOL = Draft7Validator(PROTOCOL_SCHEMA)
_CONTENT = Draft7Validator(CONTENT_SCHEMA)


def check_protocol(given: Any) -> None:
    """Raise `InvalidValue` unless ``given`` is a hanging protocol that a viewer can follow."""
    _check(_PROTOCOL, given, what="hanging protocol")
    names = [viewport["viewport_name"] for viewport in given]
    if "main" not in names:
        raise InvalidValue("One of the viewports must be called “main”.")
    for index, viewport in enumerate(given):
        _check_viewport(viewport, names=names, index=index)
    _check_places(given)
    _check_parents({viewport["viewport_name"]: viewport.get("parent_id") for viewport in given})


def check_content(
    content: Any, *, protocol: Sequence[Mapping[str, Any]] | None, kinds: Mapping[str, str]
) -> None:
    """Raise `InvalidValue` unless ``content`` says what the viewports of ``protocol`` show.

    ``kinds`` are those of the known sockets by slug. Without a protocol only the sockets count.
    """
    check_content_form(content)
    if content and protocol is not None:
        _check_names(content, protocol)
    for name, slugs in content.items():
        unknown = [slug for slug in slugs if slug not in kinds]
        if unknown:
            raise InvalidValue(f"There is no socket {_named(unknown)}.", field=name)
        _check_company({slug: kinds[slug] for slug in slugs}, name=name)


def check_content_form(content: Any) -> None:
    """Raise `InvalidValue` unless ``content`` is lists of slugs by viewport, whatever they name."""
    _check(_CONTENT, content, what="view content")


def _check(validator: Draft7Validator, given: Any, *, what: str) -> None:
    check_plain(given, most=MOST_PARTS)  # before the schema: it compares items with one another
    error = min(validator.iter_errors(given), key=_depth, default=None)
    if error is not None:
        field, message = _words(error)
        raise InvalidValue(message if field else f"The {what} {message}.", field=field)


def _depth(error: ValidationError) -> tuple[int, str]:
    """The plainest complaint first: about the whole before its parts, always in one order."""
    return len(error.absolute_path), "/".join(f"{part!s:0>3}" for part in error.absolute_path)


def _words(error: ValidationError) -> tuple[str, str]:
    field, message = explained(error)
    if error.validator == "contains":
        return field, "must have a viewport that is called “main”"
    if error.validator == "pattern":
        allowed = "_" if "viewport_name" in error.absolute_path else "spaces and -"
        return field, f"may have only letters from a to z, digits, {allowed}"
    return field, message


def _check_viewport(viewport: Mapping[str, Any], *, names: Sequence[str], index: int) -> None:
    name = viewport["viewport_name"]
    if names.index(name) != index:
        raise InvalidValue(f"There are two viewports “{name}”.", field=f"[{index}].viewport_name")
    if "\n" in viewport.get("label", "") or "\n" in name:
        raise InvalidValue("must be one line", field=f"[{index}].label")
    for key, word in (("parent_id", "parent"), ("slice_plane_indicator", "indicated viewport")):
        other = viewport.get(key)
        if other is not None and other not in names:
            raise InvalidValue(f"There is no viewport “{other}”.", field=f"[{index}].{key}")
        if other == name:
            raise InvalidValue(f"A viewport is not its own {word}.", field=f"[{index}].{key}")


def _check_places(protocol: Sequence[Mapping[str, Any]]) -> None:
    """Take all four numbers from every viewport or from none: half a place is none."""
    for index, viewport in enumerate(protocol):
        missing = [key for key in PLACE if key not in viewport]
        if missing and any(key in other for other in protocol for key in PLACE):
            raise InvalidValue(
                "Give x, y, w and h for every viewport, or for none.",
                field=f"[{index}].{missing[0]}",
            )


def _check_parents(parents: Mapping[str, str | None]) -> None:
    for name in parents:
        seen = {name}
        parent = parents[name]
        while parent is not None:
            if parent in seen:
                raise InvalidValue(f"The parents of “{name}” go round in a circle.")
            seen.add(parent)
            parent = parents[parent]


def _check_names(content: Iterable[str], protocol: Sequence[Mapping[str, Any]]) -> None:
    """Content is for the protocol's own viewports, all of them but those that show their parent."""
    names = {viewport["viewport_name"] for viewport in protocol}
    dependent = {viewport["viewport_name"] for viewport in protocol if _is_dependent(viewport)}
    strange = sorted(set(content) - names, key=VIEWPORTS.index)
    if strange:
        raise InvalidValue(f"The protocol has no viewport {_named(strange)}.", field=strange[0])
    empty = [name for name in VIEWPORTS if name in names - dependent - set(content)]
    if empty:
        raise InvalidValue(f"Nothing lies in {_named(empty)}; name a socket.", field=empty[0])


def _is_dependent(viewport: Mapping[str, Any]) -> bool:
    return viewport.get("specialized_view") in DEPENDENT_VIEWS or "parent_id" in viewport


def _check_company(kinds: Mapping[str, str], *, name: str) -> None:
    """A viewport holds one picture with what lies over it, or one thing alone."""
    pictures = [slug for slug, kind in kinds.items() if kind in PICTURES]
    if len(pictures) > 1:
        raise InvalidValue(f"A viewport shows one image; here are {_named(pictures)}.", field=name)
    never = [slug for slug, kind in kinds.items() if kind in NEVER]
    if never:
        raise InvalidValue(f"No viewport can show {_named(never)}.", field=name)
    alone = [slug for slug, kind in kinds.items() if kind in FILLS]
    if alone and len(kinds) > 1:
        raise InvalidValue(f"{_named(alone)} must be alone in a viewport.", field=name)


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:5]) + (" …" if len(names) > 5 else "")
