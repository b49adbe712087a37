"""The search for events."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import forms

from app.audit.selectors import Search, object_types
from app.core.audit import registered_events


def _names() -> list[tuple[str, Any]]:
    """Every registered name, grouped by application; first all of an application."""
    choices: list[tuple[str, Any]] = [("", "Any event")]
    for app, names in groupby(sorted(registered_events()), key=lambda name: name.split(".")[0]):
        label = app.replace("_", " ").capitalize()
        rest = [
            (name, name.split(".", 1)[1].replace("_", " ").replace(".", ": ")) for name in names
        ]
        choices.append((label, [(f"{app}.", f"{label}: everything"), *rest]))
    return choices


def _kinds() -> Sequence[tuple[str, str]]:
    return [("", "Any kind"), *[(label, label) for label in object_types()]]


class SearchForm(forms.Form):
    """What to look for; everything is optional."""

    name = forms.ChoiceField(label="Event", choices=_names, required=False)
    actor = forms.CharField(
        label="Person", max_length=150, required=False, help_text="User name, e-mail or name"
    )
    object_type = forms.ChoiceField(label="Kind of object", choices=_kinds, required=False)
    object_id = forms.CharField(label="Key of the object", max_length=60, required=False)
    since = forms.DateTimeField(
        label="From",
        required=False,
        help_text="Year-month-day and, if wanted, hour:minute; UTC",
    )
    until = forms.DateTimeField(label="Until", required=False, help_text="UTC")
    request_id = forms.CharField(label="Request id", max_length=36, required=False)
    address = forms.CharField(label="Address", max_length=45, required=False)

    @property
    def search(self) -> Search:
        """Return what is looked for; call `is_valid` first."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Search(**given)
