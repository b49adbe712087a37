"""Granting more submissions."""

from django.db import transaction
from django.urls import reverse

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Entrant, Grant, Phase
from app.challenges.news import GRANTED
from app.challenges.services.entrants import people_of
from app.core.errors import NotFound, ValidationFailed
from app.notifications.services import notify


@transaction.atomic
def grant_submissions(
    *, actor: User, phase: Phase, entrant: Entrant, amount: int, reason: str
) -> Grant:
    """Let an entrant hand in ``amount`` times more; a reason has to be given, and is shown."""
    if entrant.challenge_id != phase.challenge_id:
        raise NotFound
    if not reason.strip():
        raise ValidationFailed(fields={"reason": ["Say why; the team reads it."]})
    grant = Grant(
        phase=phase, entrant=entrant, amount=amount, reason=reason.strip(), granted_by=actor
    )
    grant.full_clean()
    grant.save()
    data = {"entrant": str(entrant.pk), "amount": amount, "reason": grant.reason}
    record("challenges.grant.given", obj=grant, actor=actor, data=data)
    text = f"You have {amount} more submission{'' if amount == 1 else 's'} in {phase}: "
    for person in User.objects.filter(pk__in=people_of(entrant)):
        address = reverse("challenges:submit", args=[phase.pk])
        notify(user=person, kind=GRANTED, text=f"{text}{grant.reason}", url=address)
    return grant
