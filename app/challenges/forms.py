"""Forms of challenges."""

import json
from typing import Any

from django import forms

from algorithms.models import Algorithm
from app.challenges.models import Challenge, Entrant, Phase
from app.core.forms import LongSelect
from app.requests.forms import AskableForm
from app.sockets.forms import JSONText
from app.uploads.fields import UploadsField
from app.uploads.forms import UploadForm
from archives.models import ArchiveMember
from archives.policies import ARCHIVES

SCHEDULE = ("opens_at", "closes_at", "frozen_at", "parent")
LIMITS = (
    "limit_successful",
    "limit_successful_days",
    "limit_attempted",
    "limit_attempted_days",
    "limit_under_way",
)
HANDED_IN = ("kind", "predictions_form", "predictions_schema", "predictions_max_mb")
RESOURCES = ("gpus", "gpu_memory_mb", "cpus", "memory_mb", "time_limit")
_APART = (*HANDED_IN, *SCHEDULE, *LIMITS, *RESOURCES)


class ChallengeForm(AskableForm):
    """Make or change a challenge."""

    team_size = forms.IntegerField(
        label="People in a team",
        min_value=1,
        max_value=100,
        initial=10,
        required=False,
        help_text="At most; with 1 everybody takes part alone.",
    )

    class Meta:
        model = Challenge
        fields = ("title", "description", "public", "listed", "access_mode", "team_size")
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}
        labels = {"public": "Everybody who is signed in may see it"}
        help_texts = {"public": ""}
        error_messages = {
            "title": {"unique": "Another challenge has this title. Choose a different one."}
        }

    def clean_team_size(self) -> int:
        """Keep what it was where a program leaves the field out."""
        return int(self.cleaned_data["team_size"] or self.instance.team_size)


class CloneForm(forms.ModelForm[Challenge]):
    """Name the challenge that is made from another."""

    class Meta:
        model = Challenge
        fields = ("title", "slug")
        labels = {"slug": "Short name"}
        help_texts = {"slug": "Lower-case letters, digits and hyphens. Empty: made from the title."}
        error_messages = {
            "title": {"unique": "Another challenge has this title. Choose a different one."},
            "slug": {"unique": "Another challenge has this short name. Choose a different one."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False


class MomentInput(forms.DateTimeInput):
    """A date and a time of day, in UTC."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class SchemaField(JSONText):
    """A JSON Schema as people type it, and as it is shown again."""

    def prepare_value(self, value: Any) -> Any:
        """Return what is stored as text; what was typed stays as it is."""
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether another schema was typed, however it is spaced."""
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


class PhaseForm(forms.ModelForm[Phase]):
    """Make or change a phase; what a program leaves out stays as it is."""

    predictions_schema = SchemaField(
        label="JSON Schema of the file",
        help_text="Draft 7, without patterns and outside references. Of CSV it is about a list "
        "with an object for each row. Empty: any such file is taken.",
    )

    class Meta:
        model = Phase
        fields = (
            "title",
            "description",
            *HANDED_IN,
            "archive",
            "score_title",
            "score_path",
            "direction",
            *SCHEDULE,
            *LIMITS,
            *RESOURCES,
            "show_case_scores",
            "show_logs",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 3})} | {
            name: MomentInput() for name in ("opens_at", "closes_at", "frozen_at")
        }
        labels = {
            "archive": "Hidden test archive",
            "show_case_scores": "Participants see their scores per case",
            "show_logs": "Participants see why a case failed from its log",
        }

    def __init__(self, *args: Any, user: Any, challenge: Challenge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.challenge = challenge
        for name in HANDED_IN:
            self.fields[name].required = False
        edited = ArchiveMember.objects.filter(user=user, role=ArchiveMember.Role.EDITOR)
        archives = ARCHIVES.visible_to(user).filter(pk__in=edited.values("target"))
        if self.instance.archive_id:
            archives = archives | ARCHIVES.model.objects.filter(pk=self.instance.archive_id)
        self.fields["archive"].queryset = archives.distinct()  # type: ignore[attr-defined]
        self.fields["archive"].empty_label = "Choose an archive"  # type: ignore[attr-defined]
        others = Phase.objects.filter(challenge=challenge).exclude(pk=self.instance.pk)
        self.fields["parent"].queryset = others  # type: ignore[attr-defined]
        self.fields["parent"].empty_label = "Everybody may submit"  # type: ignore[attr-defined]

    def sections(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Return the fields by what they are about: heading, hint and fields."""
        rest = [name for name in self.fields if name not in _APART]
        parts = (
            ("What is asked", "", rest),
            (
                "What is handed in",
                "An algorithm runs on every case of the hidden archive. A file is checked against "
                "its schema before it counts, and scored as it is.",
                HANDED_IN,
            ),
            ("Time", "", SCHEDULE),
            ("How many submissions", "", LIMITS),
            (
                "What each case gets",
                "Stated on the submission page, and given to every algorithm. What you leave empty "
                "is what each algorithm asks for.",
                RESOURCES,
            ),
        )
        return [(title, hint, [self[name] for name in names]) for title, hint, names in parts]

    def clean(self) -> dict[str, Any]:
        """Keep what was there where a program leaves a field out."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in _APART:
            if self.add_prefix(name) not in self.data and name in cleaned:
                cleaned[name] = getattr(self.instance, name)
        for name in ("kind", "predictions_form", "predictions_max_mb"):
            if name in cleaned:
                cleaned[name] = cleaned[name] or getattr(self.instance, name)
        if cleaned.get("kind") == Phase.Kind.ALGORITHM and not cleaned.get("archive"):
            self.add_error("archive", "Algorithms need cases to run on: choose an archive.")
        return cleaned


class ContainerForm(UploadForm):
    """Upload an evaluation container."""

    uploads = UploadsField(
        label="Container image",
        help_text="A docker save archive that reads /input/predictions.json and the ground truth, "
        "and writes /output/metrics.json.",
        multiple=False,
        accept=".tar,.gz,.tgz,.xz",
    )

    note = forms.CharField(
        max_length=300, required=False, help_text="What is new in this version, for organizers."
    )


class GroundTruthForm(ContainerForm):
    """Upload the ground truth."""

    uploads = UploadsField(
        label="Ground truth",
        help_text="A tar archive (.tar or .tar.gz); the evaluation finds it unpacked at "
        "/opt/ml/input/data/ground_truth/.",
        multiple=False,
        accept=".tar,.gz,.tgz",
    )


class SubmissionForm(forms.Form):
    """Hand in an algorithm."""

    algorithm = forms.ModelChoiceField(queryset=Algorithm.objects.none(), empty_label=None)
    comment = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, algorithms: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["algorithm"]
        field.queryset = algorithms
        field.choices = list(iter(field.choices))  # read once; a list would count them before
        self.has_algorithms = bool(field.choices)


class PredictionsForm(UploadForm):
    """Hand in a file with predictions."""

    uploads = UploadsField(label="File", multiple=False)
    comment = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, phase: Phase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form, ending = phase.get_predictions_form_display(), f".{phase.predictions_form.lower()}"
        most = f"at most {phase.predictions_max_mb} MiB"
        field = self.fields["uploads"]
        field.help_text = (
            f"One {_as_file(phase)} in UTF-8, named *{ending}, {most}. Archives (.zip, .tar.gz and "
            "the like) are not taken: the file itself is checked, before it counts."
        )
        field.widget.accept = ending
        field.widget.note = f"{form}, {most}"


def _as_file(phase: Phase) -> str:
    return "CSV file with a header" if phase.predictions_form == Phase.Form.CSV else "JSON file"


class TeamForm(forms.Form):
    """Name a team."""

    title = forms.CharField(label="Name of the team", max_length=60)


class InviteForm(forms.Form):
    """Ask somebody into a team."""

    name = forms.CharField(label="User name or e-mail address", max_length=254)


class GrantForm(forms.Form):
    """Grant one entrant more submissions."""

    entrant = forms.ModelChoiceField(
        label="For",
        queryset=Entrant.objects.none(),
        empty_label="Choose a team or a person",
        widget=LongSelect,
    )
    amount = forms.IntegerField(label="More submissions", min_value=1, max_value=1000, initial=1)
    reason = forms.CharField(max_length=300, help_text="They read it.")

    def __init__(self, *args: Any, entrants: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entrant"].queryset = entrants  # type: ignore[attr-defined]
