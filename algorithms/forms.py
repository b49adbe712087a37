"""Forms of algorithms."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from algorithms.models import Algorithm, Stage, Staged
from app.execution.contract.limits import MIB
from app.execution.services.limits import max_limits
from app.requests.forms import AskableForm
from app.sockets.models import Socket
from app.uploads.fields import UploadsField
from app.uploads.forms import UploadForm

_LONG = forms.Textarea(attrs={"rows": 4})
_LONG_TEXTS = (
    "description",
    "mechanism",
    "intended_use",
    "validation",
    "directions",
    "warnings",
    "publications",
)
_UNIQUE = {"title": {"unique": "Another algorithm has this title. Choose a different one."}}


class AlgorithmForm(AskableForm):
    """Change an algorithm: its texts, its model facts, and who finds it."""

    class Meta:
        model = Algorithm
        fields = ("title", "description", *Algorithm.FACTS, "listed", "access_mode")
        widgets = dict.fromkeys(_LONG_TEXTS, _LONG)
        labels = {
            "mechanism": "How it works",
            "validation": "Validation and performance",
            "directions": "Uses and directions",
            "contact_email": "Contact",
        }
        help_texts = {
            "summary": "What it does, in a sentence or two.",
            "mechanism": "The method: architecture, training data, input it was made for.",
            "intended_use": "For whom and for what; and what it is not for.",
            "validation": "On which data it was tested, and how well it did.",
            "directions": "How to use it, and how to read its results.",
            "warnings": "Known failures, and what to look out for.",
            "contact_email": "Where questions go. Shown to everybody who sees the algorithm.",
            "licence": "For example Apache-2.0.",
            "publications": "One per line, best as a DOI.",
        }
        error_messages = _UNIQUE


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What one run may use. Empty fields are the portal's defaults."""

    class Meta:
        model = Algorithm
        fields = ("memory_mb", "time_limit", "gpus", "shared_memory_mb", "writable_root_mb")
        labels = {
            "memory_mb": "Memory in MiB",
            "time_limit": "Time limit in seconds",
            "gpus": "GPUs",
            "shared_memory_mb": "Shared memory (/dev/shm) in MiB",
            "writable_root_mb": "Writable root file system in MiB",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = max_limits()
        self._bound("memory_mb", 64, most.memory // MIB)
        self._bound("time_limit", 10, int(most.wall_clock))
        self._bound("gpus", 0, most.gpus)
        self._bound("shared_memory_mb", 1, most.shm // MIB)
        self._bound("writable_root_mb", 0, most.writable_root // MIB)
        self.fields[
            "writable_root_mb"
        ].help_text += " 0 keeps it read-only: write to /tmp and /output."

    def _bound(self, name: str, least: int, most: int) -> None:
        """An old value above today's ceiling can stay; it is capped when it is used."""
        field = self.fields[name]
        field.validators = [
            MinValueValidator(least, f"At least {least}."),
            MaxValueValidator(most, f"At most {most} on this portal."),
        ]
        field.widget.attrs |= {"min": least, "max": most}
        field.help_text = f"At most {most}."


class InterfaceForm(forms.Form):
    """What an algorithm takes and gives."""

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
        """Return the cleaned data, sockets as lists."""
        data = dict(self.cleaned_data)
        return data | {"inputs": list(data["inputs"]), "outputs": list(data["outputs"])}


class NewAlgorithmForm(InterfaceForm, AskableForm):
    """Make an algorithm: its title, and also what it takes and gives."""

    field_order = ("title", "description", "inputs", "outputs", "listed", "access_mode")

    class Meta:
        model = Algorithm
        fields = ("title", "description", "listed", "access_mode")
        widgets = {"description": _LONG}
        error_messages = _UNIQUE


class VersionForm(UploadForm):
    """Upload a container image as the next version."""

    uploads = UploadsField(
        label="Container image",
        help_text="One file that docker save wrote: .tar, .tar.gz or .tar.xz. If the connection "
        "breaks, choose the same file again: it goes on where it stopped.",
        multiple=False,
        accept=".tar,.gz,.tgz,.xz",
    )
    comment = forms.CharField(max_length=300, required=False, help_text="What is new.")


class ModelForm(VersionForm):
    """Upload model weights as the next model."""

    uploads = UploadsField(
        label="Model weights",
        help_text="One .tar.gz with files and folders. A run finds them in /opt/ml/model.",
        multiple=False,
        accept=".tar,.gz,.tgz,.xz",
    )


class RestoreForm(VersionForm):
    """Upload the archive of a version whose storage was given back."""

    comment = None  # type: ignore[assignment]


class CallingForm(forms.Form):
    """Say how a version's container is called."""

    HOW = (
        ("label", "As its label says"),
        ("stays", "It stays up and is called for each case"),
        ("ends", "It ends after each case"),
    )
    SERVES = {"label": None, "stays": True, "ends": False}

    how = forms.ChoiceField(label="How it is called", choices=HOW)

    def serves(self) -> bool | None:
        """Return what was chosen, as the container image keeps it."""
        return self.SERVES[self.cleaned_data["how"]]


class StageForm(forms.Form):
    """Move a version to another stage."""

    to = forms.ChoiceField(label="Stage", choices=())
    comment = forms.CharField(
        max_length=300, required=False, label="Why", help_text="Kept in the version's history."
    )

    def __init__(self, *args: Any, version: Staged, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = version.STAGES.moves[version.stage]
        choices = [(value, label) for value, label in Stage.choices if value in allowed]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]
