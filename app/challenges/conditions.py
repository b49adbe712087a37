"""What the submission page states: everything that a submission is held against."""

from typing import Any

from django.utils import timezone

from app.challenges.models import Phase
from app.challenges.resources import resource_facts
from app.challenges.standing import Standing, limits_of
from app.challenges.words import again_words

_COUNTED = {
    "successful": "Successful submissions",
    "attempted": "Attempted submissions",
}


def conditions(phase: Phase, standing: Standing) -> dict[str, Any]:
    """Return the conditions of a phase and how somebody stands to them, for the template."""
    return {
        "standing": standing,
        "limits": [
            (_COUNTED[kind], limit, standing.allowances[kind])
            for kind, limit in limits_of(phase).items()
        ],
        "resources": resource_facts(phase),
        "inputs": list(phase.inputs.all()),
        "outputs": list(phase.outputs.all()),
        "again": again_words(standing.next_at, timezone.now()),
        "closes_first": bool(
            standing.next_at and phase.closes_at and phase.closes_at <= standing.next_at
        ),
    }
