"""Forms as people meet them: label, help, field, error; a summary of errors on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField, Form
from django.utils.safestring import SafeString

from app.design.components.markup import component

_CHECK = (forms.CheckboxInput,)
_GROUP = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@dataclass(frozen=True)
class Problem:
    """One line of the error summary; ``target`` is the id of the field it speaks of."""

    target: str
    label: str
    message: str


def kind_of(field: BoundField) -> str:
    """Which layout a field needs: ``check``, ``group``, ``hidden`` or ``line``."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, _GROUP):
        return "group"
    if isinstance(widget, _CHECK):
        return "check"
    return "line"


def css_of(widget: forms.Widget) -> str:
    """The class that dresses a widget."""
    if isinstance(widget, forms.Textarea):
        return "input input-area"
    if isinstance(widget, _GROUP):
        return "choices"
    if isinstance(widget, _CHECK):
        return "checkbox"
    if isinstance(widget, forms.Select):
        return "input input-select"
    if isinstance(widget, forms.FileInput):
        return "input input-file"
    return "input"


def form_field(field: BoundField, *, label: str = "") -> SafeString:
    """One field with its label, help and errors, tied together by ``aria-describedby``."""
    kind = kind_of(field)
    widget = field.field.widget
    css = f"{widget.attrs.get('class', '')} {css_of(widget)}".strip()
    attrs: dict[str, Any] = {"class": css}
    if kind == "group":
        attrs["aria-describedby"] = field.aria_describedby or False
    return component(
        "field",
        field=field,
        kind=kind,
        control=field.as_widget(attrs=attrs),
        label=label or field.label,
        help_id=f"{field.auto_id}_helptext",
        error_id=f"{field.auto_id}_error",
    )


def problems_of(form: Form) -> list[Problem]:
    """Every error of a form, the general ones first."""
    found = [Problem("", "", str(message)) for message in form.non_field_errors()]
    for field in form:
        target = field.id_for_label or field.auto_id
        found += [Problem(str(target), str(field.label), str(error)) for error in field.errors]
    return found


def form_errors(form: Form) -> str:
    """The summary of errors, or nothing when there are none."""
    problems = problems_of(form)
    return component("form_errors", problems=problems) if problems else ""


def form_fields(form: Form, *, only: str = "", without: str = "") -> SafeString:
    """A whole form's fields; ``only`` and ``without`` are names parted by blanks."""
    chosen, left_out = only.split(), set(without.split())
    names = chosen or [name for name in form.fields if name not in left_out]
    return component(
        "form_fields",
        errors=form_errors(form),
        fields=[form_field(form[name]) for name in names],
    )
