"""One element of a data set: its name, VR, stored bytes and text, whatever state it is in."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable

from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from app.images.deidentify import values

Element = DataElement | RawDataElement


@functools.lru_cache(maxsize=8192)
def attribute_name(tag: int) -> str:
    """Return the keyword of an attribute, its tag when it has none."""
    return keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def vr_of(tag: int, element: Element | None) -> str:
    """Return the VR an attribute should have; the file's word counts only among alternatives."""
    options = _known_vrs(tag)
    if len(options) == 1:
        return options[0]
    stated = element.VR if element is not None else None
    if not options:
        return stated if stated in values.DUMMIES or stated in {"SQ", "UI"} else "LO"
    return stated if stated in options else options[0]


@functools.lru_cache(maxsize=8192)
def _known_vrs(tag: int) -> tuple[str, ...]:
    return tuple(dictionary_VR(tag).split(" or ")) if dictionary_has_tag(tag) else ()


@functools.lru_cache(maxsize=8192)
def count_of(tag: int) -> int:
    """Return how many values an attribute has, 0 when that varies (PS3.6)."""
    known = dictionary_VM(tag) if dictionary_has_tag(tag) else "1-n"
    return int(known) if known.isdigit() else 0


def raw_of(vr: str, element: Element) -> bytes | None:
    """Return the stored bytes, or the text of a value set in Python; None when it is neither.

    Any bytes look like binary numbers, so these must have been written as such.
    """
    if isinstance(element, RawDataElement):
        stated = element.VR
        foreign = vr in values.SIZES and stated not in (None, "UN", vr)
        if foreign and values.SIZES.get(stated or "") != values.SIZES[vr]:
            return None
        return element.value if isinstance(element.value, bytes) else b""
    if isinstance(element.value, bytes):
        return element.value if vr in values.BULK or vr in values.TEXT else None
    if vr in values.SIZES:
        many = isinstance(element.value, Iterable) and not isinstance(element.value, str)
        numbers = list(element.value) if many else [element.value]
        plain = all(number is None or isinstance(number, (int, float)) for number in numbers)
        return b"" if plain else None
    return values.as_bytes(element.value)


def text_of(dataset: Dataset, tag: int) -> str:
    """Return the value as text with backslashes, empty when it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = values.as_bytes(dataset[BaseTag(tag)].value)
    except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
        value = dataset.get_item(BaseTag(tag)).value
        raw = value if isinstance(value, bytes) else b""
    return (raw or b"").decode("utf-8", "replace").strip(" \0")


def stored(tag: int, vr: str, element: Element) -> Element:
    """Return the element as it is, under the VR the attribute should have."""
    if isinstance(element, RawDataElement):
        return element if element.VR in (None, vr) else element._replace(VR=vr)
    return element if vr == element.VR else DataElement(BaseTag(tag), vr, element.value)
