"""Forms of algorithms."""

from typing import Any

from django import forms

from algorithms.models import Algorithm
from app.requests.forms import AskableForm
from app.sockets.models import Socket
from app.uploads.fields import UploadsField


class AlgorithmForm(AskableForm):
    """Change an algorithm."""

    class Meta:
        model = Algorithm
        fields = ("title", "description", "public", "listed", "access_mode")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        labels = {"public": "Everybody who is signed in may run it"}
        help_texts = {"public": ""}
        error_messages = {
            "title": {"unique": "Another algorithm has this title. Choose a different one."}
        }


class NewAlgorithmForm(AlgorithmForm):
    """Make an algorithm: also what it takes and gives."""

    inputs = forms.ModelMultipleChoiceField(
        queryset=Socket.objects.exclude(relative_path=""),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        help_text="What the container finds below /input.",
    )
    outputs = forms.ModelMultipleChoiceField(
        queryset=Socket.objects.exclude(relative_path=""),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        help_text="What it leaves below /output.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a socket that is both input and output."""
        data: dict[str, Any] = super().clean() or {}
        both = set(data.get("inputs") or ()) & set(data.get("outputs") or ())
        if both:
            names = ", ".join(sorted(socket.title for socket in both))
            self.add_error("outputs", f"{names} is already an input.")
        return data

    def values(self) -> dict[str, Any]:
        """Return the arguments of `create_algorithm`."""
        data = dict(self.cleaned_data)
        return data | {"inputs": list(data["inputs"]), "outputs": list(data["outputs"])}


class VersionForm(forms.Form):
    """Upload a container image as the next version."""

    uploads = UploadsField(
        label="Container image",
        help_text="A docker save archive (.tar or .tar.gz).",
        multiple=False,
        accept=".tar,.gz,.tgz,.xz",
    )
    comment = forms.CharField(max_length=300, required=False, help_text="What is new.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].user = user  # type: ignore[attr-defined]
