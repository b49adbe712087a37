"""The form of a phase's ranking."""

import json
from typing import Any

from django import forms

from app.challenges.design_forms import PLAN_EXAMPLE, PlanField
from app.challenges.leaderboards.choices import ChosenPlan, SchemeChoice, chosen_plan, seed_in
from app.challenges.leaderboards.columns import (
    MOST,
    ColumnInvalid,
    columns_of,
    documents_of,
    read_columns,
)
from app.challenges.leaderboards.metrics import likely_metric
from app.challenges.leaderboards.plans import default_plan, seed_of
from app.challenges.leaderboards.rules import RankingSettings
from app.challenges.models import Phase
from app.challenges.services.design import MOST_REASON
from app.core.errors import ValidationFailed

_SCHEMES = (
    (SchemeChoice.DEFAULT, "The portal’s own: the mean over the cases where all have scores"),
    (SchemeChoice.MEAN, "Aggregate, then rank: the mean over the cases decides"),
    (SchemeChoice.MEDIAN, "Aggregate, then rank: the median over the cases decides"),
    (SchemeChoice.RANKS, "Rank, then aggregate: the mean of the ranks in single cases decides"),
    (SchemeChoice.TESTS, "By tests: how many others an entry beats significantly decides"),
    (SchemeChoice.OWN, "My own plan, as JSON below"),
)
_NOT_CHOSEN = (SchemeChoice.DEFAULT, SchemeChoice.OWN)
_OF_CHOSEN = ("metric", "direction", "missing", "missing_value", "ties")
_MISSING = (("worst", "It gets the worst rank"), ("value", "It counts as the value below"))
_TIES = (
    ("min", "They share the best of their places: 1, 1, 3"),
    ("average", "They share the mean of their places: 1.5, 1.5, 3"),
    ("dense", "They share a place, and the next follows at once: 1, 1, 2"),
)
_COLUMNS_EXAMPLE = """HD95 (mm); aggregates.hd95.mean; lower; 1
Sensitivity; aggregates.sensitivity.mean; higher"""
_PLAN_ATTRS = {"rows": 12, "placeholder": PLAN_EXAMPLE, "class": "mono", "spellcheck": "false"}
_COLUMNS_ATTRS = {"rows": 4, "placeholder": _COLUMNS_EXAMPLE, "spellcheck": "false"}
_LARGEST = 1e15


class ColumnsField(forms.CharField):
    """Columns of the leaderboard, one per line."""

    def clean(self, value: Any) -> Any:
        """Return them as the phase keeps them."""
        try:
            return documents_of(read_columns(super().clean(value)))
        except ColumnInvalid as error:
            raise forms.ValidationError(str(error)) from None


class RankingForm(forms.Form):
    """Choose or write the plan, and what else there is to set; ``base`` is the design's version."""

    base = forms.IntegerField(widget=forms.HiddenInput())
    scheme = forms.ChoiceField(label="How entries are ranked", choices=_SCHEMES)
    metric = forms.CharField(
        max_length=200,
        error_messages={"required": "Name the metric that entries are ranked by."},
        help_text="As your evaluation container names it in the results of single cases.",
        widget=forms.TextInput(attrs={"list": "known-metrics", "autocomplete": "off"}),
    )
    direction = forms.ChoiceField(label="Which values are better", choices=Phase.Direction.choices)
    missing = forms.ChoiceField(label="A score that is missing", choices=_MISSING)
    missing_value = forms.FloatField(
        label="Value of a missing score", required=False, min_value=-_LARGEST, max_value=_LARGEST
    )
    ties = forms.ChoiceField(label="Entries that are equal", choices=_TIES)
    ranking_plan = PlanField(
        label="Plan as JSON",
        required=False,
        help_text="Read only if you choose your own plan above; docs/ranking.md says what it may "
        "hold.",
        widget=forms.Textarea(attrs=_PLAN_ATTRS),
    )
    counts = forms.ChoiceField(label="Result that counts", choices=Phase.Counts.choices)
    ladder_step = forms.FloatField(
        label="Step of the ladder",
        required=False,
        min_value=0,
        max_value=_LARGEST,
        help_text="A better result replaces the one that is shown only if it is better by this "
        "much. Empty: any better result does.",
    )
    score_decimals = forms.IntegerField(
        label="Decimals of scores",
        required=False,
        min_value=0,
        max_value=9,
        help_text="As the leaderboard shows them. Empty: 4.",
    )
    leaderboard_columns = ColumnsField(
        label="Further columns",
        required=False,
        max_length=5000,
        help_text="One per line, in the order of the leaderboard: title; path into metrics.json; "
        f"higher or lower (which is better); decimals, if not those of scores. At most {MOST}. "
        "No column has more decimals than scores, if those are set.",
        widget=forms.Textarea(attrs=_COLUMNS_ATTRS),
    )
    publish_ranking = forms.BooleanField(
        label="Everybody who sees the leaderboard may download plan, scores and results",
        required=False,
        help_text="Scores are by the number of the case, never by its name.",
    )
    reason = forms.CharField(
        label="Reason for the change",
        max_length=MOST_REASON,
        error_messages={"required": "Say why it changes; everybody reads it."},
        help_text="Everybody who sees the challenge reads it, with the date and what changed.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, data: Any = None, *, phase: Phase, base: int, frozen: bool, declared: Any = None
    ) -> None:
        super().__init__(data, initial={"base": base, **_shown(phase, declared)})
        self.phase = phase
        if not frozen:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        """Check that what the chosen scheme needs is there; the rest is not read."""
        found = super().clean() or self.cleaned_data
        scheme = found.get("scheme")
        self._leave_out(*(_OF_CHOSEN if scheme in _NOT_CHOSEN else ()))
        self._leave_out(*(() if scheme == SchemeChoice.OWN else ("ranking_plan",)))
        if scheme == SchemeChoice.OWN and found.get("ranking_plan", ...) is None:
            self.add_error("ranking_plan", "Write the plan, or choose a scheme above.")
        no_value = found.get("missing_value", ...) is None
        if scheme not in _NOT_CHOSEN and found.get("missing") == "value" and no_value:
            self.add_error("missing_value", "Say what a missing score counts as.")
        if set(self.errors) == {"reason"} and not self._needs_reason():
            self._leave_out("reason")
        return found

    @property
    def is_preview(self) -> bool:
        """Tell whether the plan is to be said in words, and nothing to be saved."""
        return self.data.get("do") == "preview"

    def _leave_out(self, *names: str) -> None:
        for name in names:
            self.errors.pop(name, None)

    def _needs_reason(self) -> bool:
        return not self.is_preview and bool(self.settings.changed(self.phase))

    @property
    def settings(self) -> RankingSettings:
        """What was entered."""
        given = self.cleaned_data
        return RankingSettings(
            ranking_plan=self._plan(),
            counts=given["counts"],
            ladder_step=given["ladder_step"] or None,
            score_decimals=given["score_decimals"],
            publish_ranking=given["publish_ranking"],
            leaderboard_columns=given["leaderboard_columns"],
        )

    def placed(self, error: ValidationFailed) -> ValidationFailed:
        """Return an error about the plan beside the field that the plan was made from."""
        if self.cleaned_data["scheme"] == SchemeChoice.OWN or "ranking_plan" not in error.fields:
            return error
        fields = {("metric" if k == "ranking_plan" else k): v for k, v in error.fields.items()}
        return ValidationFailed(error.message, fields=fields)

    def _plan(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        scheme = SchemeChoice(given["scheme"])
        if scheme is SchemeChoice.DEFAULT:
            return None
        if scheme is SchemeChoice.OWN:
            plan: dict[str, Any] = given["ranking_plan"]
            return plan
        chosen = ChosenPlan(
            choice=scheme,
            metric=given["metric"],
            direction=given["direction"],
            missing=given["missing_value"] if given["missing"] == "value" else None,
            ties=given["ties"],
        )
        now = self.phase.ranking_plan or {}
        return chosen.document(seed_in(now) or seed_of(self.phase))


def shown_plan(phase: Phase, document: dict[str, Any] | None) -> dict[str, Any]:
    """Return the plan to show in words; without one the portal's own, as it most likely is."""
    return document or default_plan(phase, metric=likely_metric(phase))


def _shown(phase: Phase, declared: Any) -> dict[str, Any]:
    """Return what the form shows before anybody changed it.

    A plan that the design declares and that is not run stands ready to be chosen.
    """
    plan = phase.ranking_plan
    chosen = chosen_plan(plan) if plan is not None else None
    own = SchemeChoice.DEFAULT if plan is None else SchemeChoice.OWN
    missing = chosen.missing if chosen else None
    document = plan if plan is not None and chosen is None else declared
    written = json.dumps(document, indent=2, ensure_ascii=False) if document else ""
    return {
        "scheme": chosen.choice if chosen else own,
        "metric": chosen.metric if chosen else likely_metric(phase),
        "direction": chosen.direction if chosen else phase.direction,
        "missing": "worst" if missing is None else "value",
        "missing_value": missing,
        "ties": chosen.ties if chosen else "min",
        "ranking_plan": written,
        "counts": phase.counts,
        "ladder_step": phase.ladder_step,
        "score_decimals": phase.score_decimals,
        "publish_ranking": phase.publish_ranking,
        "leaderboard_columns": "\n".join(column.line for column in columns_of(phase)),
    }
