"""The options and secrets by which DICOM files are de-identified, per place."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db import transaction

from app.accounts.sealing import seal, unseal
from app.core.errors import ServiceUnavailable
from app.images.conversion import ConvertedImage
from app.images.conversion.deidentification import Deidentification
from app.images.deidentify import TABLE_EDITION, Report, merged
from app.images.models import DeidentificationSettings, Import
from app.images.reviewing import home_of, keeps_instances

_NOWHERE = UUID(int=0)
_SECRET_BYTES = 32


@dataclass(frozen=True)
class SettingsChange:
    """What was chosen before and after, as audit events tell it; the secret is in neither."""

    before: dict[str, Any]
    after: dict[str, Any]


def deidentification_settings(scope: str, scope_id: UUID) -> DeidentificationSettings:
    """Return the settings of a place; the strict profile and a new secret where it has none."""
    found, _ = DeidentificationSettings.objects.get_or_create(
        scope=scope,
        scope_id=scope_id,
        defaults={"keep_instances": keeps_instances(scope), "sealed_secret": _new_secret()},
    )
    return found


def deidentification_of(source: Import) -> Deidentification:
    """Return how the files of an import are to be de-identified.

    Where an import goes to no place that people review, its own destination counts as one.
    """
    scope, scope_id = scope_of(source)
    found = deidentification_settings(scope, scope_id)
    try:
        secret = bytes.fromhex(unseal(found.sealed_secret))
    except InvalidToken:
        raise ServiceUnavailable(
            "The secret for pseudonyms cannot be opened, so nothing is imported.",
            advice="An administrator has to put the former SECRET_KEY into SECRET_KEY_FALLBACKS.",
        ) from None
    return Deidentification(
        secret=secret,
        options=frozenset(found.options),
        keep=found.keep_instances or bool(source.details.get("keep_instances")),
    )


def scope_of(source: Import) -> tuple[str, UUID]:
    """Return the place that an import belongs to, or else its destination."""
    home = home_of(source.destination, source.destination_id)
    return home or (source.destination, source.destination_id or _NOWHERE)


@transaction.atomic
def change_deidentification(
    *,
    scope: str,
    scope_id: UUID,
    options: Iterable[str],
    keep_instances: bool,
    renew_secret: bool = False,
) -> SettingsChange:
    """Choose how future imports into a place are de-identified; what is there stays as it is.

    A renewed secret gives the patients and studies of later imports other pseudonyms, which can no
    longer be joined with earlier ones. The caller records the event on its own object.
    """
    deidentification_settings(scope, scope_id)
    places = DeidentificationSettings.objects.select_for_update()
    found = places.get(scope=scope, scope_id=scope_id)
    before = _told(found)
    found.options = sorted(set(options))
    found.keep_instances = keep_instances
    if renew_secret:
        found.sealed_secret = _new_secret()
    found.full_clean()
    found.save()
    return SettingsChange(before, _told(found) | ({"new_secret": True} if renew_secret else {}))


def forget_deidentification(scope: str, scope_id: UUID) -> None:
    """Delete the settings of a place that is deleted; nobody can make its pseudonyms again."""
    DeidentificationSettings.objects.filter(scope=scope, scope_id=scope_id).delete()


def _told(found: DeidentificationSettings) -> dict[str, Any]:
    return {
        "options": ", ".join(sorted(found.options)) or "none",
        "keep_instances": found.keep_instances,
    }


def _new_secret() -> str:
    return seal(secrets.token_bytes(_SECRET_BYTES).hex())


def add_reports(source: Import, images: Iterable[ConvertedImage]) -> dict[str, Any]:
    """Return the report of an import with what was done to the sources of further images.

    It counts attributes, and holds no values; empty while nothing was DICOM.
    """
    found = [image.deidentified.report for image in images if image.deidentified is not None]
    before: dict[str, Any] = source.deidentification
    if not found:
        return before
    used = deidentification_settings(*scope_of(source))
    earlier = [before] if before else []
    whole = merged(Report.from_dict(one) for one in [*earlier, *found]).as_dict()
    return {**whole, "edition": TABLE_EDITION, "options": sorted(used.options)}
