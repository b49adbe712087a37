"""Walk a data set and leave only what the profile and the image need.

The default is to remove. A kept value is checked for being what its VR says, a replaced one is made
anew, and whatever cannot be read goes: nothing passes that was not understood.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Final

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from app.images.deidentify import dates, values, words
from app.images.deidentify.codes import is_coded, known_concept
from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.private import creator_tag, mosaic_header, name_of
from app.images.deidentify.profile import Profile
from app.images.deidentify.pseudonyms import Pseudonyms, is_uid
from app.images.deidentify.report import Action, Report
from app.images.deidentify.rules import Rule, rules_of

Element = DataElement | RawDataElement
_MOST_DEPTH: Final = 32
_PATIENT_NAME: Final = 0x00100010
_PATIENT_ID: Final = 0x00100020
_PATIENT_AGE: Final = 0x00101010
_ITEM_CODES: Final = frozenset({0x00080100, 0x00080102, 0x00080104, 0x00080119, 0x00080120})
_OLDEST: Final = 89


class Walker:
    """De-identifies the data set of one object, all items included.

    `identity` is what the dates of a patient move by; `kept_private` tells afterwards whether a
    private attribute stayed.
    """

    def __init__(self, *, profile: Profile, pseudonyms: Pseudonyms, identity: str) -> None:
        self.report = Report(files=1)
        self.kept_private = False
        self._rules = rules_of(profile)
        self._retain_uids = "retain_uids" in profile.options
        self._pseudonyms = pseudonyms
        self._identity = identity
        self._days = pseudonyms.days(identity, most=profile.shift_days)
        self._actions: dict[str, Callable[[Dataset, int, Element, Rule, str, int], Element | None]]
        self._actions = {
            "X": self._remove,
            "Z": self._empty,
            "D": self._replace,
            "U": self._replace_uid,
            "K": self._retain,
            "C": self._clean,
            "N": self._keep,
        }

    def walk(self, dataset: Dataset, *, path: str = "", depth: int = 0) -> None:
        """De-identify one data set or item in place."""
        if depth > _MOST_DEPTH:
            raise DeidentificationError("Unreadable", "Sequences are nested too deeply.")
        kept: list[Element] = []
        blocks: set[int] = set()
        if depth and is_coded(dataset):
            kept += self._concept(dataset, path)
        for tag in sorted(dataset.keys()):
            if depth and tag in _ITEM_CODES:
                continue
            element = dataset.get_item(tag)
            if tag.group & 1:
                found = self._private(dataset, tag, element)
                blocks |= {creator_tag(tag)} if found is not None else set()
            else:
                rule = self._rules.rule(tag)
                found = self._actions[rule.action](dataset, tag, element, rule, path, depth)
            if found is not None:
                kept.append(found)
        kept += [DataElement(BaseTag(tag), "LO", name_of(dataset, tag)) for tag in blocks]
        dataset.clear()
        for element in sorted(kept, key=lambda element: element.tag):
            dataset[element.tag] = element

    def _note(self, path: str, tag: int, action: Action, reason: str) -> None:
        self.report.add(path + attribute_name(tag), action, reason)

    def _remove(
        self, _: Dataset, tag: int, _element: Element, rule: Rule, path: str, _depth: int
    ) -> None:
        self._note(path, tag, "removed", rule.reason)

    def _empty(
        self, _: Dataset, tag: int, element: Element, rule: Rule, path: str, _depth: int
    ) -> Element:
        self._note(path, tag, "replaced", rule.reason)
        if tag == _PATIENT_NAME:
            return DataElement(BaseTag(tag), "PN", self._pseudonyms.patient(self._identity))
        vr = _vr(tag, element)
        return DataElement(BaseTag(tag), vr, Sequence() if vr == "SQ" else None)

    def _replace(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        vr = _vr(tag, element)
        if vr == "SQ":
            return self._sequence(dataset, tag, rule.reason, path, depth)
        if vr == "UI":
            return self._replace_uid(dataset, tag, element, rule, path, depth)
        self._note(path, tag, "replaced", rule.reason)
        value = values.DUMMIES.get(vr)
        if tag == _PATIENT_ID:
            value = self._pseudonyms.patient(_text(dataset, tag) or self._identity)
        return DataElement(BaseTag(tag), vr, value)

    def _replace_uid(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        vr = _vr(tag, element)
        if vr == "SQ":
            return self._sequence(dataset, tag, rule.reason, path, depth)
        uids = [part.strip(" \0") for part in _text(dataset, tag).split("\\")]
        retained = rule.action == "K" or (rule.action == "N" and self._retain_uids)
        new = [self._new_uid(uid, retained=retained) for uid in uids]
        self._note(path, tag, "kept" if new == uids else "replaced", rule.reason)
        return DataElement(BaseTag(tag), "UI", new if len(new) > 1 else new[0])

    def _new_uid(self, uid: str, *, retained: bool) -> str:
        if not uid or (retained and is_uid(uid)):
            return uid
        return self._pseudonyms.uid(uid)

    def _retain(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        """Keep what an option allows to keep, if it can be read."""
        vr = _vr(tag, element)
        if vr == "SQ":
            return self._sequence(dataset, tag, rule.reason, path, depth)
        if vr == "UI":
            return self._replace_uid(dataset, tag, element, rule, path, depth)
        raw = _raw(vr, element)
        if raw is None or not _retainable(vr, raw):
            return self._fall_back(dataset, tag, element, rule, path, depth)
        if tag == _PATIENT_AGE and _years(raw) > _OLDEST:
            self._note(path, tag, "replaced", rule.reason)
            return DataElement(BaseTag(tag), "AS", "090Y")
        self._note(path, tag, "kept", rule.reason)
        return _stored(tag, vr, element)

    def _clean(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        """Move dates, keep known words and public codes."""
        vr = _vr(tag, element)
        if vr == "SQ":
            return self._sequence(dataset, tag, rule.reason, path, depth)
        if vr in values.DATES:
            parts = [
                dates.moved_back(vr, part, days=self._days)
                for part in _text(dataset, tag).split("\\")
            ]
            new = None if None in parts else "\\".join(part or "" for part in parts)
        elif vr in values.TEXT - {"AE", "PN"}:
            new = words.cleaned(_text(dataset, tag)) or None
        else:
            new = None
        if new is None or (vr in {"SH", "CS"} and len(new) > 16) or (vr == "LO" and len(new) > 64):
            return self._fall_back(dataset, tag, element, rule, path, depth)
        self._note(path, tag, "replaced", rule.reason)
        return DataElement(BaseTag(tag), vr, new)

    def _fall_back(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        plain = Rule(rule.fallback, "unreadable")
        return self._actions[plain.action](dataset, tag, element, plain, path, depth)

    def _keep(
        self, dataset: Dataset, tag: int, element: Element, rule: Rule, path: str, depth: int
    ) -> Element | None:
        """Keep what images need, if there is nothing else in it."""
        vr = _vr(tag, element)
        if vr == "SQ":
            return self._sequence(dataset, tag, rule.reason, path, depth)
        if vr == "UI":
            return self._replace_uid(dataset, tag, element, rule, path, depth)
        if rule.check and rule.check != "kind":
            return self._keep_words(dataset, tag, vr, rule, path)
        raw = _raw(vr, element)
        if raw is not None and _is_needed(vr, raw, kind=rule.check == "kind"):
            self._note(path, tag, "kept", rule.reason)
            return _stored(tag, vr, element)
        self._note(path, tag, "removed", "unreadable")
        return None

    def _keep_words(
        self, dataset: Dataset, tag: int, vr: str, rule: Rule, path: str
    ) -> Element | None:
        text = _text(dataset, tag)
        if rule.check == "label":
            new = text if text.isdigit() and len(text) <= 4 else self._pseudonyms.label(text)
        elif rule.check == "kernel":
            new = words.cleaned_kernel(text)
        elif rule.check == "words":
            new = text if words.are_terms(text) else words.cleaned(text)
        else:
            new = ""
        if not new or (vr in {"SH", "CS"} and any(len(part) > 16 for part in new.split("\\"))):
            self._note(path, tag, "removed", "unreadable" if text else rule.reason)
            return None
        self._note(path, tag, "kept" if new == text else "replaced", rule.reason)
        return DataElement(BaseTag(tag), vr, new)

    def _sequence(
        self, dataset: Dataset, tag: int, reason: str, path: str, depth: int
    ) -> Element | None:
        """De-identify the items; a code in no public scheme leaves no item."""
        try:
            items = list(dataset[BaseTag(tag)].value)
        except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
            items = None
        if items is None or not all(isinstance(item, Dataset) for item in items):
            self._note(path, tag, "removed", "unreadable")
            return None
        below = f"{path}{attribute_name(tag)}."
        kept = []
        for item in items:
            coded = is_coded(item)
            self.walk(item, path=below, depth=depth + 1)
            if not coded or len(item):
                kept.append(item)
        self._note(path, tag, "kept", reason)
        return DataElement(BaseTag(tag), "SQ", Sequence(kept))

    def _concept(self, item: Dataset, path: str) -> list[Element]:
        concept = known_concept(item)
        if concept is None:
            self.report.add(f"{path}CodeValue", "removed", "unlisted-code")
            return []
        self.report.add(f"{path}CodeValue", "kept", "needed")
        keyword = 0x00080100 if len(concept.value) <= 16 else 0x00080119
        return [
            DataElement(BaseTag(keyword), _vr(keyword, None), concept.value),
            DataElement(BaseTag(0x00080102), "SH", concept.scheme),
            DataElement(BaseTag(0x00080104), "LO", concept.meaning),
        ]

    def _private(self, dataset: Dataset, tag: BaseTag, element: Element) -> Element | None:
        safe = None
        if tag.element >= 0x1000:
            safe = self._rules.safe_private(
                tag.group, name_of(dataset, creator_tag(tag)), tag.element & 0xFF
            )
        found: Element | None = None
        if safe is not None:
            raw = _raw(safe.vr, element)
            if safe.handler == "csa":
                header = mosaic_header(raw or b"")
                found = None if header is None else DataElement(tag, "OB", header)
            elif raw is not None and values.is_safe(safe.vr, raw):
                found = _stored(tag, safe.vr, element)
        name = f"({tag.group:04x},xx{tag.element & 0xFF:02x})"
        if found is None:
            self.report.add(name, "removed", "private")
            return None
        self.kept_private = True
        self.report.add(name, "kept", "safe-private")
        return found


def attribute_name(tag: int) -> str:
    """Return the keyword of an attribute, its tag when it has none."""
    return keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _vr(tag: int, element: Element | None) -> str:
    """Return the VR an attribute should have; the file's word counts only among alternatives."""
    stated = element.VR if element is not None else None
    if not dictionary_has_tag(tag):
        return stated if stated in values.DUMMIES or stated in {"SQ", "UI"} else "LO"
    known = dictionary_VR(tag)
    if " or " not in known:
        return known
    options = known.split(" or ")
    return stated if stated in options else options[0]


def _raw(vr: str, element: Element) -> bytes | None:
    """Return the stored bytes, or the text of a value set in Python; None when it is neither.

    Any bytes look like binary numbers, so these must have been written as such.
    """
    if isinstance(element, RawDataElement):
        stated = element.VR
        if vr in values.SIZES and stated not in (None, "UN", "OB", vr):
            if values.SIZES.get(stated) != values.SIZES[vr]:
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


def _text(dataset: Dataset, tag: int) -> str:
    """Return the value as text with backslashes, empty when it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = values.as_bytes(dataset[BaseTag(tag)].value)
    except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
        value = dataset.get_item(BaseTag(tag)).value
        raw = value if isinstance(value, bytes) else b""
    return (raw or b"").decode("utf-8", "replace").strip(" \0")


def _stored(tag: int, vr: str, element: Element) -> Element:
    """Return the element as it is, under the VR the attribute should have."""
    if isinstance(element, RawDataElement):
        return element if element.VR in (None, vr) else element._replace(VR=vr)
    return element if vr == element.VR else DataElement(BaseTag(tag), vr, element.value)


def _is_needed(vr: str, raw: bytes, *, kind: bool) -> bool:
    """Tell whether a value is of its VR, and a code string a term of the standard.

    Kinds of images (ImageType) are the exception, since every manufacturer has words of its own
    for them that tell images of a series apart.
    """
    if not values.is_safe(vr, raw):
        return False
    return vr != "CS" or kind or words.are_terms(raw.decode("latin-1"))


def _retainable(vr: str, raw: bytes) -> bool:
    if vr in values.DATES:
        text = raw.decode("latin-1")
        return all(dates.is_valid(vr, part) for part in text.split("\\"))
    if vr in values.TEXT - {"CS"}:
        return values.is_plain_text(raw)
    return values.is_safe(vr, raw)


def _years(raw: bytes) -> int:
    text = raw.strip(b" \0")
    return int(text[:3]) if text[3:] == b"Y" else 0
