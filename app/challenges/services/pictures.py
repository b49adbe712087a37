"""The logo and the banner of a challenge."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Challenge
from app.core.errors import ValidationFailed
from app.core.pictures import BANNER, SQUARE, clean_picture, delete_picture, store_clean

SIZES = {"logo": SQUARE, "banner": BANNER}


def set_pictures(
    *,
    actor: User,
    challenge: Challenge,
    pictures: Mapping[str, bytes | None],
    words: Mapping[str, str],
) -> Challenge:
    """Take new pictures, cleaned, and the words for them; None takes a picture away.

    A picture that is not named stays. Raises `ValidationFailed`, and stores nothing, if one of
    them cannot be taken, or one that is there afterwards has no words for who cannot see it.
    """
    clean = {name: None if data is None else _clean(name, data) for name, data in pictures.items()}
    _require_words(challenge, clean, words)
    stored = {name: store_clean(data) if data else None for name, data in clean.items()}
    return _replace(actor=actor, challenge=challenge, stored=stored, words=words)


@transaction.atomic
def _replace(
    *,
    actor: User,
    challenge: Challenge,
    stored: Mapping[str, UUID | None],
    words: Mapping[str, str],
) -> Challenge:
    row = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    wanted: dict[str, Any] = dict(stored)
    for name in SIZES:
        there = stored.get(name, getattr(row, name))
        wanted[f"{name}_alt"] = words.get(name, getattr(row, f"{name}_alt")) if there else ""
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changed:
        return challenge
    before = [getattr(row, name) for name in stored if name in changed]
    for name, value in changed.items():
        setattr(row, name, value)
        setattr(challenge, name, value)
    row.save(update_fields=[*changed, "modified"])
    data = {"fields": sorted(changed)}
    record("challenges.pictures.changed", obj=challenge, actor=actor, data=data)
    for picture in before:
        transaction.on_commit(partial(delete_picture, picture))
    return challenge


def _clean(name: str, data: bytes) -> bytes:
    try:
        return clean_picture(data, size=SIZES[name])
    except ValidationFailed as error:
        complaints = [text for texts in error.fields.values() for text in texts]
        raise ValidationFailed(fields={name: complaints}) from None


def _require_words(
    challenge: Challenge, clean: Mapping[str, bytes | None], words: Mapping[str, str]
) -> None:
    for name in SIZES:
        there = clean[name] if name in clean else getattr(challenge, name)
        if there and not words.get(name, getattr(challenge, f"{name}_alt")).strip():
            told = f"Say what the {name} shows, for people who cannot see it."
            raise ValidationFailed(fields={f"{name}_alt": [told]})
