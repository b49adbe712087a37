"""Which action belongs to which attribute under a profile: Table E.1-1 and what images need.

`data/ps3.15-2026c.csv` is Table E.1-1 of PS3.15 (edition 2026c): tag, name, action of the basic
profile and of each option. `data/kept.csv` are attributes outside the table that an image needs to
be read, placed or understood. What is in neither is removed.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from typing import Final

from app.images.deidentify.profile import OPTIONS, Profile

TABLE_EDITION: Final = "2026c"
_TABLE: Final = f"ps3.15-{TABLE_EDITION}.csv"
_STRUCTURED: Final = "structured content"


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with an attribute and why.

    `action` is X (remove), Z (empty), D (replace), U (replace the UID), K (keep what the table
    allows to keep), C (clean) or N (keep what the image needs, if `check` finds nothing else in
    it). `fallback` is the action where cleaning is not possible.
    """

    action: str
    reason: str
    check: str = ""
    fallback: str = "X"


@dataclass(frozen=True, slots=True)
class SafePrivate:
    """A private attribute that may stay; `always` when images cannot be read without it."""

    vr: str
    always: bool
    handler: str


_FIRST: Final = 0x00080000
UNLISTED: Final = Rule("X", "unlisted")


class Rules:
    """The rules of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._rules: dict[int, Rule] = {
            tag: Rule("N", "needed", check)
            for tag, (needed_for, check) in _needed().items()
            if needed_for != _STRUCTURED or "clean_structured_content" in profile.options
        }
        self._groups: dict[str, Rule] = {}
        for row in table():
            rule = _effective(row, profile.options)
            tag = row["tag"]
            if "x" in tag:
                self._groups[tag] = rule
            elif tag != "private":
                self._rules[int(tag, 16)] = rule

    def rule(self, tag: int) -> Rule:
        """Return the rule of a public attribute; command and file meta groups have none."""
        if tag < _FIRST:
            return UNLISTED
        found = self._rules.get(tag)
        if found is not None:
            return found
        group = tag >> 16
        if group & 0xFF00 == 0x5000:
            return self._groups["50xxxxxx"]
        if group & 0xFF00 == 0x6000:
            return self._groups.get(f"60xx{tag & 0xFFFF:04x}", UNLISTED)
        return UNLISTED

    def safe_private(self, group: int, creator: str, element: int) -> SafePrivate | None:
        """Return what may stay of a private attribute, None when it goes."""
        found = _safe_private().get((creator, group, element))
        if found is None:
            return None
        return found if found.always or "retain_safe_private" in self.profile.options else None


@functools.lru_cache(maxsize=16)
def rules_of(profile: Profile) -> Rules:
    """Return the rules of a profile, made once."""
    return Rules(profile)


def _effective(row: dict[str, str], options: frozenset[str]) -> Rule:
    """Combine the basic action with those of the options in force; cleaning wins over keeping."""
    basic = _strongest(row["basic"])
    chosen = {row[option] for option in options if row[option]}
    if "C" in chosen:
        return Rule("C", "option", fallback=basic)
    if "K" in chosen:
        return Rule("K", "option", fallback=basic)
    return Rule(basic, "profile")


def _strongest(action: str) -> str:
    """Choose of alternatives (X/Z/D) the one that is valid for every type of attribute.

    PS3.15 section E.3 leaves the choice to the type the attribute has in an object: a dummy value
    suits type 1, 2 and 3, an empty one 2 and 3.
    """
    if action == "X/Z/U*":
        return "U"
    return next(code for code in "UDZX" if code in action.split("/"))


@functools.cache
def table() -> tuple[dict[str, str], ...]:
    """Return the rows of Table E.1-1."""
    rows = tuple(_read(_TABLE))
    missing = OPTIONS.keys() - rows[0].keys()
    if missing:
        raise RuntimeError(f"{_TABLE} has no column for {sorted(missing)}")
    return rows


@functools.cache
def _needed() -> dict[int, tuple[str, str]]:
    return {int(row["tag"], 16): (row["needed_for"], row["check"]) for row in _read("kept.csv")}


@functools.cache
def _safe_private() -> dict[tuple[str, int, int], SafePrivate]:
    return {
        (row["creator"], int(row["group"], 16), int(row["element"], 16)): SafePrivate(
            row["vr"], bool(row["always"]), row["always"] if row["always"] == "csa" else ""
        )
        for row in _read("safe_private.csv")
    }


def _read(name: str) -> list[dict[str, str]]:
    text = resources.files("app.images.deidentify").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
