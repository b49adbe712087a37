"""Making a new challenge from one that there is."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import record
from app.challenges.cloning import ClonePlan, PhasePlan, clone_plan
from app.challenges.designs import designs_of
from app.challenges.models import (
    Challenge,
    ChallengePage,
    CombinedBoard,
    CombinedPart,
    EvaluationMethod,
    GroundTruth,
    Phase,
    RegistrationQuestion,
    StarterKit,
)
from app.challenges.policies import CHALLENGES
from app.challenges.services.design import declare_design
from app.core.errors import ValidationFailed
from app.core.slugs import free_slug

_ROW = frozenset({"id", "created", "modified"})
_CHALLENGE_OWN = _ROW | {
    *("title", "slug", "public", "listed"),
    *("logo", "logo_alt", "banner", "banner_alt"),
}
_PHASE_OWN = _ROW | {
    *("challenge", "archive", "parent"),
    *("opens_at", "closes_at", "frozen_at", "ranked_at"),
    *("ranking_wanted_at", "ranking_problem", "ranking_tries", "ranking_tried_at"),
}
_PART_OWN = _ROW | {"challenge"}
Made = dict[UUID, Phase]


@transaction.atomic
def clone_challenge(*, actor: User, challenge: Challenge, title: str, slug: str = "") -> Challenge:
    """Make a new challenge with phases, declared design, pages and questions of ``challenge``.

    Nobody but ``actor`` is in it, nobody else sees it, and its phases are drafts. Test archives
    and samples that the actor does not edit stay behind, and so does their ground truth.
    """
    source = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    _require_free(title=title, slug=slug)
    plan = clone_plan(actor, source)
    clone = Challenge(
        **_values(source, but=_CHALLENGE_OWN),
        title=title,
        slug=slug or free_slug(Challenge, title, fallback="challenge"),
    )
    make_owned(CHALLENGES, actor=actor, obj=clone)
    data = {"title": title, "source": source.title, "from": str(source.pk)}
    record("challenges.challenge.cloned", obj=clone, actor=actor, data=data)
    record("challenges.challenge.copied", obj=source, actor=actor, data={"to": str(clone.pk)})
    made = _clone_phases(plan, clone=clone, actor=actor)
    _clone_designs(source, clone=clone, made=made, actor=actor)
    _clone_boards(source, clone=clone, made=made, actor=actor)
    _clone_pages(source, clone=clone, actor=actor)
    _clone_questions(source, clone=clone, actor=actor)
    return clone


def _clone_phases(plan: ClonePlan, *, clone: Challenge, actor: User) -> Made:
    """Make the phases, then let them come after each other as the originals do."""
    made = {one.phase.pk: _clone_phase(one, clone=clone, actor=actor) for one in plan.phases}
    for one in plan.phases:
        if one.phase.parent_id is not None:
            made[one.phase.pk].parent = made[one.phase.parent_id]
            made[one.phase.pk].save(update_fields=["parent"])
    return made


def _clone_phase(plan: PhasePlan, *, clone: Challenge, actor: User) -> Phase:
    source = plan.phase
    phase = Phase(
        **_values(source, but=_PHASE_OWN), challenge=clone, archive=plan.archive, opens_at=None
    )
    phase.full_clean(exclude=["archive"])
    phase.save()
    phase.inputs.set(source.inputs.all())
    phase.outputs.set(source.outputs.all())
    data = {"title": phase.title, "from": str(source.pk)}
    record("challenges.phase.created", obj=phase, actor=actor, data=data)
    if plan.method is not None:
        _share_method(plan.method, phase=phase, actor=actor)
    if plan.truth is not None:
        _share_truth(plan.truth, phase=phase, actor=actor)
    if plan.kit is not None:
        _share_kit(plan, plan.kit, phase=phase, actor=actor)
    return phase


def _share_method(method: EvaluationMethod, *, phase: Phase, actor: User) -> None:
    made = EvaluationMethod.objects.create(
        phase=phase, container_image=method.container_image, note=_origin(method.note, method.phase)
    )
    data = {"from": str(method.pk), "digest": method.container_image.digest}
    record("challenges.method.added", obj=made, actor=actor, data=data)


def _share_truth(truth: GroundTruth, *, phase: Phase, actor: User) -> None:
    note = _origin(truth.note, truth.phase)
    made = GroundTruth.objects.create(
        phase=phase, note=note, key=truth.key, size=truth.size, sha256=truth.sha256
    )
    data = {"size": made.size, "number": made.number, "note": note, "from": str(truth.pk)}
    record("challenges.ground_truth.added", obj=made, actor=actor, data=data)


def _share_kit(plan: PhasePlan, kit: StarterKit, *, phase: Phase, actor: User) -> None:
    """Give the same kit out; the ground truth of the sample goes where the sample goes."""
    behind = {"truth_key": "", "truth_size": 0} if plan.lacks_sample else {}
    shared = _values(kit, but=_ROW | {"phase", "archive"}) | behind
    if not (plan.sample or shared["truth_key"] or shared["source_key"]):
        return
    StarterKit.objects.create(phase=phase, archive=plan.sample, **shared)
    data = {"part": "all", "from": str(kit.pk)}
    record("challenges.starter_kit.changed", obj=phase, actor=actor, data=data)


def _clone_designs(source: Challenge, *, clone: Challenge, made: Made, actor: User) -> None:
    """Declare anew what is declared now: version 1, not frozen."""
    for declared in designs_of(source).all:
        if declared.current is not None:
            declare_design(
                actor=actor,
                challenge=clone,
                phase=made[declared.phase.pk] if declared.phase else None,
                document=declared.document,
            )


def _clone_boards(source: Challenge, *, clone: Challenge, made: Made, actor: User) -> None:
    """Make the combined leaderboards, over the phases that were made."""
    for board in source.combined_boards.prefetch_related("parts"):
        copy = CombinedBoard(**_values(board, but=_PART_OWN), challenge=clone)
        copy.save()
        CombinedPart.objects.bulk_create(
            CombinedPart(board=copy, phase=made[part.phase_id], weight=part.weight)
            for part in board.parts.all()
        )
        data = {"title": copy.title, "from": str(board.pk)}
        record("challenges.combined.created", obj=copy, actor=actor, data=data)


def _clone_pages(source: Challenge, *, clone: Challenge, actor: User) -> None:
    for page in source.pages.all():
        made = ChallengePage(**_values(page, but=_PART_OWN), challenge=clone)
        made.save()
        data = {"title": made.title, "from": str(page.pk)}
        record("challenges.page.created", obj=made, actor=actor, data=data)


def _clone_questions(source: Challenge, *, clone: Challenge, actor: User) -> None:
    for question in source.registration_questions.all():
        made = RegistrationQuestion(**_values(question, but=_PART_OWN), challenge=clone)
        made.save()
        data = {"text": made.text, "from": str(question.pk)}
        record("challenges.question.added", obj=clone, actor=actor, data=data)


def _values(source: Model, *, but: frozenset[str]) -> dict[str, Any]:
    """Return what a row holds, without the fields that are its own: new settings come along."""
    fields = [field for field in source._meta.concrete_fields if field.name not in but]
    return {field.attname: getattr(source, field.attname) for field in fields}


def _origin(note: str, phase: Phase) -> str:
    """Return a note that says where something was uploaded first."""
    return f"From {phase}{f': {note}' if note else ''}"[:300]


def _require_free(*, title: str, slug: str) -> None:
    taken = {
        "title": Challenge.objects.filter(title=title).exists(),
        "slug": bool(slug) and Challenge.objects.filter(slug=slug).exists(),
    }
    fields = {name: [f"Another challenge has this {name}."] for name in taken if taken[name]}
    if fields:
        raise ValidationFailed(fields=fields)
