"""The form of a combined leaderboard."""

from typing import Any

from django import forms
from django.forms import BoundField

from app.challenges.models import Challenge, CombinedBoard, Phase
from app.challenges.models.combined import LEAST_WEIGHT, MOST_WEIGHT


class CombinedForm(forms.ModelForm[CombinedBoard]):
    """Title, rules and a weight for each phase that counts."""

    class Meta:
        model = CombinedBoard
        fields = ("title", "rule", "missing")

    def __init__(self, data: Any = None, *, challenge: Challenge, **options: Any) -> None:
        super().__init__(data, **options)
        self.phases = list(challenge.phases.all())
        made = not self.instance._state.adding
        parts = self.instance.parts.values_list("phase", "weight") if made else ()
        weights = {phase: f"{weight:.15g}" for phase, weight in parts}
        for phase in self.phases:
            self.fields[_name(phase)] = forms.FloatField(
                label=f"Weight of {phase.title}",
                required=False,
                min_value=LEAST_WEIGHT,
                max_value=MOST_WEIGHT,
                initial=weights.get(phase.pk) if made else 1,
                help_text="Empty: it does not count.",
            )

    @property
    def weight_fields(self) -> list[BoundField]:
        """The fields of weights, in the order of the phases."""
        return [self[_name(phase)] for phase in self.phases]

    @property
    def weights(self) -> dict[Phase, float]:
        """The phases that count."""
        found = {phase: self.cleaned_data[_name(phase)] for phase in self.phases}
        return {phase: weight for phase, weight in found.items() if weight is not None}

    @property
    def settings(self) -> dict[str, Any]:
        """What was entered beside the weights."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


def _name(phase: Phase) -> str:
    return f"weight_{phase.pk.hex}"
