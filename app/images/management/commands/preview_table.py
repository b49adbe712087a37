"""Write the table by which browsers mark attributes, from the one that de-identification uses."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from pydicom._dicom_dict import DicomDictionary

from app.images.deidentify.profile import OPTIONS, Profile
from app.images.deidentify.rules import TABLE_EDITION, UNLISTED, rules_of, table

PLACE = Path("app/uploads/frontend/preview/attributes.json")


class Command(BaseCommand):
    """Regenerate the table; a test fails where it is not what this writes."""

    help = f"Write {PLACE} from the rules of de-identification."

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the file into the working copy."""
        (settings.BASE_DIR / PLACE).write_text(preview_table())
        self.stdout.write(f"{PLACE} is written.")


def preview_table() -> str:
    """Return the table as JSON, an attribute a line.

    Per tag: name, VR, action of the basic profile ("" where the attribute is in no list and goes),
    and what each option does instead. `repeating` are the groups 50xx and 60xx.
    """
    rules = rules_of(Profile())
    options = {row["tag"]: _options(row) for row in table()}
    lines = [
        f'"{tag:08x}":{_compact(_attribute(tag, entry, rules.rule(tag).action, options))}'
        for tag, entry in sorted(DicomDictionary.items())
        if not (tag >> 16) & 1
    ]
    repeating = {row["tag"]: row["name"] for row in table() if "xx" in row["tag"]}
    return (
        f'{{"edition":"{TABLE_EDITION}",\n"options":{_compact(sorted(OPTIONS))},\n'
        f'"repeating":{_compact(repeating)},\n"attributes":{{\n' + ",\n".join(lines) + "\n}}\n"
    )


def _attribute(
    tag: int, entry: tuple[str, ...], action: str, options: dict[str, dict[str, str]]
) -> list[Any]:
    vr, _, name, *_rest = entry
    chosen = options.get(f"{tag:08x}")
    is_unlisted = action == UNLISTED.action and chosen is None
    row: list[Any] = [name, vr[:2], "" if is_unlisted else action]
    return [*row, chosen] if chosen else row


def _options(row: dict[str, str]) -> dict[str, str]:
    return {option: row[option] for option in OPTIONS if row[option]}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
