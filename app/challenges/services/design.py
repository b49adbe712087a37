"""Declaring a design, freezing it, amending it."""

from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.challenges.declaration import DesignInvalid, Level, checked_design, digest_of
from app.challenges.designs import Declared, declared_by, with_freezes
from app.challenges.models import Challenge, DesignFreeze, DesignVersion, Phase
from app.challenges.readiness import has_opened, opened_as_read, with_openings
from app.challenges.services.announcements import publish
from app.core.errors import Conflict, ValidationFailed

MOST_REASON = 1000


def declare_design(
    *,
    actor: User,
    challenge: Challenge,
    document: Any,
    phase: Phase | None = None,
    reason: str = "",
    base: int | None = None,
) -> DesignVersion:
    """Keep a new version of the design; the same as before makes none.

    After the opening it is an amendment and needs a reason, which everybody reads. ``base`` is the
    number of the version that was edited (0 for none); raises `Conflict` if there is a newer one.
    """
    note_openings(challenge)  # stays noted when the version is refused
    with transaction.atomic():
        challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
        _check_base(declared_by(challenge, phase), base)
        return _declare(
            actor=actor, challenge=challenge, phase=phase, document=document, reason=reason
        )


def _declare(
    *, actor: User, challenge: Challenge, phase: Phase | None, document: Any, reason: str
) -> DesignVersion:
    """Keep the version; the challenge is locked."""
    declared = declared_by(challenge, phase)
    current = declared.current
    checked = _checked({"version": 1, **_mapping(document)}, level=declared.level)
    digest = digest_of(checked)
    if current is not None and current.digest == digest:
        return current
    version = DesignVersion.objects.create(
        challenge=challenge,
        phase=phase,
        number=current.number + 1 if current else 1,
        document=checked,
        digest=digest,
        author=actor,
        amendment=declared.frozen_at is not None,
        reason=_checked_reason(declared, reason),
    )
    name = "challenges.design.amended" if version.amendment else "challenges.design.declared"
    data = {"number": version.number, "sha256": digest, "reason": version.reason}
    record(name, obj=phase or challenge, actor=actor, data=data)
    if version.amendment:
        _announce_amendment(version)
    return version


def note_openings(challenge: Challenge) -> list[Phase]:
    """Freeze what has opened without anybody having noted it; return the phases for `designs`."""
    phases = list(with_openings(with_freezes(challenge.phases.all())))
    for phase in phases:
        if vars(phase)["design_frozen_at"] is None and opened_as_read(phase):
            freeze, _ = DesignFreeze.objects.get_or_create(phase=phase)
            vars(phase)["design_frozen_at"] = freeze.created
    return phases


def note_opening(phase: Phase) -> None:
    """Freeze the design if the phase has opened; it stays frozen when the phase closes again."""
    if has_opened(phase):
        DesignFreeze.objects.get_or_create(phase=phase)


def _announce_amendment(version: DesignVersion) -> None:
    of = f" of the phase {version.phase.title[:60]}" if version.phase else ""
    publish(
        actor=version.author,
        challenge=version.challenge,
        title=f"The declared design{of} was amended",
        text=f"{version.reason}\n\nThe page “Design” shows what changed.",
    )


def _check_base(declared: Declared, base: int | None) -> None:
    newest = declared.current.number if declared.current else 0
    if base is not None and base != newest:
        raise Conflict(
            "Somebody else changed the design meanwhile.",
            advice="Your text is still in the form. Look at the design in another window, "
            "take over what is missing, and send it again.",
            newest=newest,
        )


def _mapping(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValidationFailed("A design is a JSON object.", fields={"document": ["No object."]})
    return document


def _checked(document: dict[str, Any], *, level: Level) -> dict[str, Any]:
    try:
        return checked_design(document, level=level)
    except DesignInvalid as error:
        raise ValidationFailed("The design cannot be kept.", fields=error.problems) from None


def _checked_reason(declared: Declared, reason: str) -> str:
    """Return the reason of an amendment; before the opening none is kept."""
    if declared.frozen_at is None:
        return ""
    reason = reason.replace("\x00", "").strip()
    if not reason:
        said = "The design is frozen since the opening. Say why it changes; everybody reads it."
        raise ValidationFailed(fields={"reason": [said]})
    if len(reason) > MOST_REASON:
        raise ValidationFailed(fields={"reason": [f"Use at most {MOST_REASON} characters."]})
    return reason
