"""The form of a declared design, made from its items."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from app.challenges.declaration import SECTIONS, Item, Kind, text_of
from app.challenges.declaration.items import MOST_CHARACTERS, MOST_COUNT
from app.challenges.designs import Declared
from app.challenges.ranking import PlanInvalid, read_plan
from app.challenges.services.design import MOST_REASON

PLAN_EXAMPLE = """{
  "version": 1,
  "metrics": {"dice": {"direction": "higher", "missing": {"rule": "worst"}}},
  "schemes": [{"kind": "rank-then-aggregate", "metric": "dice"}],
  "ties": "min"
}"""


class MetricsField(forms.CharField):
    """Metrics, one per line: a name, a colon, and why it was chosen."""

    def clean(self, value: Any) -> Any:
        """Return a list of ``{name, reason}``."""
        text = super().clean(value)
        found = []
        for number, line in enumerate(text.splitlines(), start=1):
            name, colon, reason = (part.strip() for part in line.partition(":"))
            if not (name or colon or reason):
                continue
            if not (name and reason):
                raise forms.ValidationError(
                    f"Line {number} has no reason. Write the name, a colon, and why."
                )
            found.append({"name": name, "reason": reason})
        return found


class PlanField(forms.CharField):
    """A ranking plan as JSON."""

    def clean(self, value: Any) -> Any:
        """Return the plan's document."""
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            read_plan(text.encode())
        except (PlanInvalid, UnicodeEncodeError) as error:
            raise forms.ValidationError(str(error)) from None
        return json.loads(text)


class DesignForm(forms.Form):
    """Declare or amend a design; ``base`` is the version that the form shows."""

    base = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, data: Any = None, *, declared: Declared, items: tuple[Item, ...]) -> None:
        current = declared.current
        initial = {item.name: _shown(item, declared.document) for item in items}
        initial["base"] = current.number if current else 0
        super().__init__(data, initial=initial)
        self.items = items
        for item in items:
            self.fields[item.name] = _field(item)
        if declared.frozen_at:
            self.fields["reason"] = forms.CharField(
                label="Reason for the change",
                help_text="Everybody who sees the challenge reads it, with the date and what "
                "changed.",
                max_length=MOST_REASON,
                error_messages={"required": "Say why it changes; everybody reads it."},
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    @property
    def document(self) -> dict[str, Any]:
        """The design that was entered."""
        return {item.name: self.cleaned_data[item.name] for item in self.items}

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Title and fields of each section."""
        known = {item.name for item in self.items}
        found = []
        for section in SECTIONS:
            fields = [self[item.name] for item in section.items if item.name in known]
            if fields:
                found.append((section.title, fields))
        return found


def _field(item: Item) -> forms.Field:
    texts: Mapping[str, Any] = {"label": item.label, "help_text": item.help, "required": False}
    if item.kind is Kind.COUNT:
        return forms.IntegerField(min_value=0, max_value=MOST_COUNT, **texts)
    if item.kind is Kind.METRICS:
        return MetricsField(widget=forms.Textarea(attrs={"rows": 4}), **texts)
    if item.kind is Kind.PLAN:
        attrs = {"rows": 8, "placeholder": PLAN_EXAMPLE, "class": "mono", "spellcheck": "false"}
        return PlanField(widget=forms.Textarea(attrs=attrs), **texts)
    return forms.CharField(
        max_length=MOST_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3}), **texts
    )


def _shown(item: Item, document: Mapping[str, Any]) -> Any:
    value = document.get(item.name)
    return value if item.kind is Kind.COUNT else text_of(item, value)
