"""Issuing, recognizing and revoking API tokens."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts.models import Token, User
from app.core.audit import audit_sink
from app.core.errors import LimitReached, ValidationFailed
from app.core.ids import new_id

LENGTH = 32  # bytes
MOST = 50  # live tokens per person
NOTED_EVERY = timedelta(minutes=1)
_PLAIN = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOOKUP = 8


@dataclass(frozen=True)
class IssuedToken:
    """A new token with its plain text, which is shown once and kept nowhere."""

    token: Token
    plain: str


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    access: str = Token.Access.READ,
    areas: Sequence[str] = (),
    expires_at: datetime | None = None,
    plain: str = "",
    pk: UUID | None = None,
) -> IssuedToken:
    """Make a token; ``plain`` (40 or 64 hexadecimal digits) and ``pk`` are given by seed files."""
    User.objects.select_for_update().get(pk=user.pk)
    if live_tokens_of(user) >= MOST:
        raise LimitReached(
            f"You have {MOST} tokens.", advice="Revoke those that nothing uses any more."
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationFailed(fields={"expires_at": ["Choose a moment in the future."]})
    plain = plain.lower() or secrets.token_hex(LENGTH)
    if not _PLAIN.fullmatch(plain):
        raise ValidationFailed(fields={"plain": ["Give 40 or 64 hexadecimal digits."]})
    token = Token(
        pk=pk or new_id(),
        user=user,
        name=name,
        lookup=plain[:_LOOKUP],
        digest=digest_of(plain),
        access=access,
        areas=sorted(set(areas)),
        expires_at=expires_at,
    )
    token.full_clean()
    token.save()
    audit_sink()(
        "accounts.token.issued",
        obj=token,
        actor=user,
        data={
            "name": name,
            "access": access,
            "areas": token.areas,
            "expires_at": expires_at.isoformat() if expires_at else None,
        },
    )
    return IssuedToken(token, plain)


@transaction.atomic
def revoke_token(*, actor: User, token: Token) -> None:
    """End a token at once; ending an ended one is fine."""
    row = Token.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at", "modified"])
        audit_sink()("accounts.token.revoked", obj=row, actor=actor, data={"name": row.name})


def recognize_token(plain: str) -> Token | None:
    """Return the live token of an active user with this plain text, and note its use."""
    plain = plain.lower()
    if not _PLAIN.fullmatch(plain):
        return None
    digest = digest_of(plain)
    rows = Token.objects.filter(lookup=plain[:_LOOKUP]).select_related("user")
    token = next((row for row in rows if secrets.compare_digest(row.digest, digest)), None)
    if token is None or not token.is_live or not token.user.is_active:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def digest_of(plain: str) -> str:
    """Return the SHA-256 of the token's bytes.

    Tokens are random and long, so a fast hash is enough: there is nothing to guess.
    """
    return hashlib.sha256(bytes.fromhex(plain)).hexdigest()


def live_tokens_of(user: User) -> int:
    """Return how many of the user's tokens still open something."""
    ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
    return Token.objects.filter(user=user).exclude(ended).count()
