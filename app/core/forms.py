"""Forms as the house uses them."""

from collections.abc import Mapping
from typing import Any

from django import forms

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
