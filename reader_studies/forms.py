"""Forms of reader studies."""

from typing import Any

from django import forms

from app.requests.forms import AskableForm
from archives.models import Archive, ArchiveItem
from archives.policies import ARCHIVES
from reader_studies.models import Question, ReaderStudy


class StudyForm(AskableForm):
    """Make or change a study."""

    class Meta:
        model = ReaderStudy
        fields = (
            "title",
            "description",
            "instructions",
            "answers_may_change",
            "listed",
            "access_mode",
        )
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "instructions": forms.Textarea(attrs={"rows": 5}),
        }


class QuestionForm(forms.ModelForm[Question]):
    """Add a question; a choice takes one option per line."""

    options = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For a choice: one option per line.",
    )

    class Meta:
        model = Question
        fields = ("text", "kind", "options", "required", "minimum", "maximum", "help_text")
        labels = {"text": "Question", "kind": "Kind of answer"}
        help_texts = {
            "minimum": "For a number: the smallest allowed, if any.",
            "maximum": "For a number: the largest allowed, if any.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Question.Kind.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check that a number's range is one."""
        data: dict[str, Any] = super().clean() or {}
        low, high = data.get("minimum"), data.get("maximum")
        if low is not None and high is not None and low > high:
            self.add_error("maximum", "The largest number is smaller than the smallest.")
        return data

    def values(self) -> dict[str, Any]:
        """Return the arguments of `add_question`."""
        data = dict(self.cleaned_data)
        data["options"] = data["options"].splitlines()
        return data


class ArchiveChoiceForm(forms.Form):
    """Choose the archive to take cases from."""

    archive = forms.ModelChoiceField(queryset=Archive.objects.none(), empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["archive"].queryset = ARCHIVES.visible_to(user)  # type: ignore[attr-defined]


class ItemsForm(forms.Form):
    """Choose cases of one archive."""

    items = forms.ModelMultipleChoiceField(
        queryset=ArchiveItem.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label="Cases",
        error_messages={"required": "Choose at least one case."},
    )

    def __init__(self, *args: Any, archive: Archive, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = archive.items.all()  # type: ignore[attr-defined]
