"""Forms of challenges."""

from typing import Any

from django import forms

from algorithms.models import Algorithm
from app.challenges.models import Challenge, Phase
from app.requests.forms import AskableForm
from app.uploads.fields import UploadsField
from archives.models import ArchiveMember
from archives.policies import ARCHIVES


class ChallengeForm(AskableForm):
    """Make or change a challenge."""

    class Meta:
        model = Challenge
        fields = ("title", "description", "public", "listed", "access_mode")
        widgets = {"description": forms.Textarea(attrs={"rows": 5})}
        labels = {"public": "Everybody who is signed in may see it"}
        help_texts = {"public": ""}
        error_messages = {
            "title": {"unique": "Another challenge has this title. Choose a different one."}
        }


class PhaseForm(forms.ModelForm[Phase]):
    """Make or change a phase."""

    class Meta:
        model = Phase
        fields = (
            "title",
            "description",
            "archive",
            "score_title",
            "score_path",
            "direction",
            "submission_limit",
            "open",
            "show_case_scores",
            "show_logs",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {
            "archive": "Hidden test archive",
            "open": "Takes submissions",
            "show_case_scores": "Participants see their scores per case",
            "show_logs": "Participants see why a case failed from its log",
        }
        help_texts = {"open": ""}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        edited = ArchiveMember.objects.filter(user=user, role=ArchiveMember.Role.EDITOR)
        archives = ARCHIVES.visible_to(user).filter(pk__in=edited.values("target"))
        if self.instance.archive_id:
            archives = archives | ARCHIVES.model.objects.filter(pk=self.instance.archive_id)
        self.fields["archive"].queryset = archives.distinct()  # type: ignore[attr-defined]
        self.fields["archive"].empty_label = "Choose an archive"  # type: ignore[attr-defined]


class ContainerForm(forms.Form):
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

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].user = user  # type: ignore[attr-defined]


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
        self.fields["algorithm"].queryset = algorithms  # type: ignore[attr-defined]
