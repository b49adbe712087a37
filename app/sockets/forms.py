"""Forms of sockets."""

import json
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet

from app.people.models import Organization
from app.sockets.policies import SOCKETS
from app.sockets.schemas import Display, SocketKind, SuperKind

COLORS = ("#ff9f1c", "#2ec4b6", "#e6484f", "#8e7cc3", "#4f9d4f", "#f4d35e", "#5aa9e6", "#d885a3")
CHOICES = frozenset({"CHOI", "MCHO"})
_AREA = {"rows": 6, "spellcheck": "false", "class": "mono"}


class JSONText(forms.CharField):
    """JSON as people type it; a mistake is named by its line. Nothing typed is None."""

    widget = forms.Textarea

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs=_AREA))
        super().__init__(required=required, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the value, or say where it is no JSON."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                f"This is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
            ) from error
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This is not JSON that can be taken.") from error


class SocketForm(forms.Form):
    """A new socket of one kind: fields that the kind has no use for are left out."""

    title = forms.CharField(max_length=150, help_text="What it holds, such as “Lung nodule score”.")
    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        required=False,
        label="In the name of",
        empty_label="Yourself",
        help_text="The socket's short name begins with it.",
    )
    description = forms.CharField(
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it means, in which unit, and who makes it.",
    )
    relative_path = forms.CharField(
        max_length=200,
        required=False,
        label="Path",
        help_text="Where containers find or write it. Left empty, it follows from the title.",
    )
    choices = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What can be chosen, one in each line.",
    )
    schema = JSONText(
        label="JSON Schema",
        help_text="Further rules for values (draft 7). References stay inside, no patterns.",
    )
    example_value = JSONText(
        label="Example", help_text="A value as JSON, for people who write containers."
    )
    default_value = JSONText(
        label="Default", help_text="A value as JSON that forms begin with; may stay empty."
    )

    def __init__(self, *args: Any, kind: SocketKind, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        organizations = SOCKETS.organizations_of(user)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        unused = [] if organizations.exists() else ["organization"]
        if kind.super_kind is not SuperKind.VALUE:
            unused += ["schema", "example_value", "default_value"]
        if kind.key in CHOICES:
            unused += ["schema"]
            self.fields["choices"].required = True
        else:
            unused += ["choices"]
        if kind.display is Display.CHART:
            unused += ["default_value"]
        for name in unused:
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """Return the arguments of `create_socket`."""
        given = dict(self.cleaned_data)
        choices = [line.strip() for line in given.pop("choices", "").splitlines() if line.strip()]
        if choices:
            rules = {"enum": list(dict.fromkeys(choices))}
            given["schema"] = {"items": rules} if self.kind.key == "MCHO" else rules
        elif "schema" in given:
            given["schema"] = {} if given["schema"] is None else given["schema"]
        return {"kind": self.kind.key, **given}


def color_of(row: int) -> str:
    """Return the color that a row of the segments editor begins with."""
    return COLORS[row % len(COLORS)]


class SegmentForm(forms.Form):
    """One segment: a label of a segmentation and its name."""

    voxel_value = forms.IntegerField(min_value=0, max_value=65_535, label="Voxel value")
    name = forms.CharField(max_length=100)
    color = forms.CharField(
        required=False, max_length=7, widget=forms.TextInput(attrs={"type": "color"})
    )
    visible = forms.BooleanField(required=False, initial=True, label="Shown at first")

    def has_changed(self) -> bool:
        """Rows without a name and value are spare ones, whatever color the browser sends."""
        return any(self.data.get(self.add_prefix(name)) for name in ("voxel_value", "name"))


class _Segments(BaseFormSet[SegmentForm]):
    def add_fields(self, form: SegmentForm, index: int | None) -> None:
        """Begin every row with a color of its own."""
        super().add_fields(form, index)
        form.fields["color"].initial = color_of(index or 0)

    def values(self) -> list[dict[str, Any]]:
        """Return the segments that were filled in."""
        return [form.cleaned_data for form in self.forms if form.has_changed()]


Segments = forms.formset_factory(SegmentForm, formset=_Segments, extra=3, max_num=64)
