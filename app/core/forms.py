"""Forms as the house uses them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from app.core.errors import ValidationFailed


def add_errors(form: forms.BaseForm, error: ValidationFailed) -> None:
    """Put a service's complaint beside the fields it is about."""
    placed = False
    for name, messages in error.fields.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
            placed = True
    if not placed:
        form.add_error(None, error.message)


def changed_values(form: forms.BaseForm) -> Mapping[str, Any]:
    """Return the cleaned values of the fields that the user changed."""
    return {name: form.cleaned_data[name] for name in form.changed_data}


class LongSelect(forms.Select):
    """A select of hundreds of options, written at once; Django renders two templates for each."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """Write the element; options stand in no groups."""
        widget = self.get_context(name, value, attrs)["widget"]
        options = (option for _, group, _ in widget["optgroups"] for option in group)
        written = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((one["value"], flatatt(one["attrs"]), one["label"]) for one in options),
        )
        return format_html(
            '<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), written
        )
