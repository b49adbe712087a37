"""Setting how a phase ranks, and who is a baseline in it."""

from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import change
from app.challenges.designs import declared_by
from app.challenges.leaderboards.metrics import known_metrics
from app.challenges.leaderboards.rules import RankingSettings, rules_words
from app.challenges.models import Challenge, Entrant, Phase
from app.challenges.ranking import PlanInvalid, parse_plan
from app.challenges.services.design import declare_design, note_openings
from app.challenges.services.leaderboard import rerank
from app.challenges.services.rankings import want_ranking
from app.core.errors import NotFound, ValidationFailed

_NAMES = tuple(RankingSettings.__dataclass_fields__)
_SHOWN_ONLY = frozenset({"score_decimals", "publish_ranking", "leaderboard_columns"})


def set_ranking(
    *,
    actor: User,
    phase: Phase,
    settings: RankingSettings,
    reason: str = "",
    base: int | None = None,
) -> Phase:
    """Change how a phase ranks, declare it in the phase's design, and rank anew.

    After the opening that is an amendment of the design: it needs a ``reason``, which everybody
    reads. ``base`` is the version of the design that was looked at; see `declare_design`.
    """
    note_openings(phase.challenge)  # stays noted when the change is refused
    with transaction.atomic():
        Challenge.objects.select_for_update(no_key=True).get(pk=phase.challenge_id)
        locked = Phase.objects.select_for_update(of=("self",)).get(pk=phase.pk)
        changes = settings.changed(locked)
        if changes:
            check_plan(locked, settings.ranking_plan)
            _declare(actor, locked, changes, reason=reason, base=base)
            change("challenges.ranking.changed", obj=locked, actor=actor, **changes)
        if set(changes) - _SHOWN_ONLY:
            rerank(locked)
        elif locked.ranking_problem:
            want_ranking(locked)
        return locked


def check_plan(phase: Phase, document: Any) -> None:
    """Raise `ValidationFailed` unless the plan can be run, by metrics that results have.

    Before there are results any metric is taken.
    """
    if document is None:
        return
    try:
        plan = parse_plan(document)
    except (PlanInvalid, ValueError) as error:
        raise ValidationFailed(fields={"ranking_plan": [str(error)]}) from None
    known = known_metrics(phase)
    absent = [f"“{name}”" for name in plan.metrics if name not in known]
    if known and absent:
        there = ", ".join(f"“{name}”" for name in known)
        said = f"No result has a score by {', '.join(absent)}. There are {there}."
        raise ValidationFailed(fields={"ranking_plan": [said[:1000]]})


@transaction.atomic
def mark_baseline(*, actor: User, phase: Phase, entrant: Entrant, baseline: bool) -> None:
    """Say that an entrant of the phase's challenge is a baseline, or that it is none."""
    locked = Entrant.objects.select_for_update(of=("self",)).get(pk=entrant.pk)
    if locked.challenge_id != phase.challenge_id:
        raise NotFound
    if locked.baseline != baseline:
        change("challenges.entrant.changed", obj=locked, actor=actor, baseline=baseline)


def _declare(
    actor: User, phase: Phase, changes: dict[str, Any], *, reason: str, base: int | None
) -> None:
    """Write the settings that the phase will have into its declared design."""
    will_be = Phase(**{name: changes.get(name, getattr(phase, name)) for name in _NAMES})
    document = {
        **declared_by(phase.challenge, phase).document,
        "ranking_plan": will_be.ranking_plan,
        "ranking_rules": "\n".join(rules_words(will_be)),
    }
    declare_design(
        actor=actor,
        challenge=phase.challenge,
        phase=phase,
        document=document,
        reason=reason,
        base=base,
    )
