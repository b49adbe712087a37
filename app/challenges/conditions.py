"""What the submission page states: everything that a submission is held against."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.utils import timezone

from app.challenges.models import Phase
from app.challenges.resources import resource_facts
from app.challenges.standing import Standing, limits_of
from app.challenges.words import again_words

_COUNTED = {
    "successful": "Successful submissions",
    "attempted": "Attempted submissions",
}


def with_conditions(phases: QuerySet[Phase]) -> QuerySet[Phase]:
    """Return ``phases``, each with what `conditions` states of it."""
    tables: dict[str, Any] = {
        "input_titles": Phase.inputs.through,
        "output_titles": Phase.outputs.through,
    }
    titles = {
        name: ArraySubquery(
            table.objects.filter(phase=OuterRef("pk"))
            .order_by("socket__title")
            .values("socket__title")
        )
        for name, table in tables.items()
    }
    return phases.annotate(**titles)


def conditions(phase: Phase, standing: Standing) -> dict[str, Any]:
    """Return the conditions of a phase and how somebody stands to them, for the template.

    The phase was read `with_conditions`.
    """
    return {
        "standing": standing,
        "limits": [
            (_COUNTED[kind], limit, standing.allowances[kind])
            for kind, limit in limits_of(phase).items()
        ],
        "resources": resource_facts(phase),
        "inputs": vars(phase)["input_titles"],
        "outputs": vars(phase)["output_titles"],
        "again": again_words(standing.next_at, timezone.now()),
        "closes_first": bool(
            standing.next_at and phase.closes_at and phase.closes_at <= standing.next_at
        ),
    }
