"""Forms of runs: what they are called, running them again, credits."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from algorithms.models import AlgorithmRun, AlgorithmVersion, RunTerms
from app.accounts.forms import PersonForm


class RunForm(forms.ModelForm[AlgorithmRun]):
    """Change what a run is called and who may see it."""

    class Meta:
        model = AlgorithmRun
        fields = ("title", "comment", "for_editors")
        widgets = {"comment": forms.Textarea(attrs={"rows": 4})}
        labels = {"for_editors": "The editors of the algorithm may see this run"}
        help_texts = {"for_editors": "They see its log and results, so that they can help."}


class AgainForm(forms.Form):
    """Choose the version for another run on the same inputs."""

    version = forms.ChoiceField(label="Version")

    def __init__(self, *args: Any, versions: Iterable[AlgorithmVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = {str(version.pk): version for version in versions}
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (key, _version_words(version)) for key, version in self.versions.items()
        ]

    def clean_version(self) -> AlgorithmVersion:
        """Return the version itself."""
        return self.versions[self.cleaned_data["version"]]


class GrantForm(PersonForm):
    """Give somebody more credits for a time."""

    role = None  # type: ignore[assignment]
    amount = forms.IntegerField(label="Credits", min_value=1, max_value=10_000_000)
    starts = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = timezone.now().date()
        kwargs.setdefault("initial", {"starts": today, "ends": today + timedelta(days=30)})
        super().__init__(*args, **kwargs)


class TermsForm(forms.ModelForm[RunTerms]):
    """What runs of an algorithm cost at least, and how many may be under way."""

    class Meta:
        model = RunTerms
        fields = ("minimum_credits", "active_runs")
        labels = {"minimum_credits": "Least credits of a run", "active_runs": "Runs at a time"}


def _version_words(version: AlgorithmVersion) -> str:
    words = f"Version {version.number}"
    return f"{words}: {version.comment}" if version.comment else words
