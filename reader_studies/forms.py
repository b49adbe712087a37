"""Forms of reader studies."""

from typing import Any

from django import forms

from app.accounts.models import User
from app.requests.forms import AskableForm
from app.sockets.models import LookUpTable
from app.sockets.policies import SOCKETS
from archives.models import Archive, ArchiveItem
from archives.policies import ARCHIVES
from reader_studies.answer_types import ANSWER_TYPES
from reader_studies.models import Question, ReaderStudy
from reader_studies.models.reader_study import MOST_ROLLED_OVER
from reader_studies.services.tables import MOST_BYTES

DEFAULT_MARK = "*"
SEGMENT_HELP = "One label per line: voxel value, name and, if you like, a color: 1 Nodule #ff9f1c"


class StudyForm(AskableForm):
    """Make or change a study."""

    roll_over = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_ROLLED_OVER,
        label="Answers roll over to the next cases",
        help_text="So many cases after each start with the answers to the one before. With 1,"
        " case 2 starts with those to case 1, and case 3 anew. Empty or 0: none does.",
    )

    class Meta:
        model = ReaderStudy
        fields = (
            "title",
            "description",
            "instructions",
            "end_text",
            "answers_may_change",
            "case_navigation",
            "shuffle",
            "roll_over",
            "listed",
            "access_mode",
        )
        labels = {
            "end_text": "Words at the end",
            "case_navigation": "Readers choose the case",
            "shuffle": "Shuffle the cases for each reader",
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "instructions": forms.Textarea(attrs={"rows": 5}),
            "end_text": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_roll_over(self) -> int:
        """Take nothing for none."""
        return int(self.cleaned_data["roll_over"] or 0)


class _QuestionFields(forms.ModelForm[Question]):
    """What adding and changing a question share; segments are lines of text."""

    segment_lines = forms.CharField(
        required=False,
        label="Labels of the mask",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=SEGMENT_HELP,
    )

    class Meta:
        model = Question
        fields: tuple[str, ...] = (
            "text",
            "help_text",
            "required",
            "confirm_empty",
            "confirm_empty_text",
            "widget",
            "minimum",
            "maximum",
            "step",
            "min_length",
            "max_length",
            "pattern",
            "color",
            "viewport",
            "look_up_table",
            "socket",
        )
        labels = {
            "text": "Question",
            "confirm_empty": "Ask readers to confirm that there is nothing to answer",
            "confirm_empty_text": "Words of that confirmation",
            "widget": "Entered by",
            "minimum": "Smallest number",
            "maximum": "Largest number",
            "min_length": "Fewest letters",
            "max_length": "Most letters",
            "pattern": "Form of the text",
            "color": "Color of drawings",
            "look_up_table": "Look-up table",
            "socket": "Starts with the value of",
        }
        help_texts = {
            "confirm_empty": "For questions that need no answer.",
            "widget": "Empty: as usual for this kind of answer.",
            "step": "Numbers go in steps of this from the smallest.",
            "pattern": "A regular expression that fits in the text; ^ and $ are its ends.",
            "viewport": "Where it is drawn; empty: in any.",
            "socket": "An algorithm's output, for example, as an editable start.",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for found in ANSWER_TYPES.values() for kind in found.sockets]
        sockets: Any = self.fields["socket"]
        sockets.queryset = SOCKETS.visible_to(user).filter(kind__in=kinds)
        tables: Any = self.fields["look_up_table"]
        tables.queryset = LookUpTable.objects.all()
        self.fields["color"].widget.attrs["placeholder"] = "#ff9f1c"
        if self.instance.segments:
            self.fields["segment_lines"].initial = _lines_of(self.instance.segments)

    def clean(self) -> dict[str, Any]:
        """Read the labels of a mask."""
        data: dict[str, Any] = super().clean() or {}
        try:
            self.instance.segments = _segments(data.get("segment_lines") or "")
        except ValueError as error:
            self.add_error("segment_lines", str(error))
        return data

    def _update_errors(self, errors: Any) -> None:
        """Say what is wrong with the labels beside their lines."""
        found = getattr(errors, "error_dict", {})
        if "segments" in found:
            found["segment_lines"] = found.pop("segments")
        super()._update_errors(errors)  # type: ignore[misc]


class QuestionForm(_QuestionFields):
    """Add a question; a choice takes one option per line."""

    options = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For a choice: one option per line. Answers start with those that end with a *.",
    )

    class Meta(_QuestionFields.Meta):
        fields = (
            "text",
            "kind",
            *(name for name in _QuestionFields.Meta.fields if name != "text"),
        )
        labels = {**_QuestionFields.Meta.labels, "kind": "Kind of answer"}

    field_order = ("text", "kind", "options", "help_text", "required")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (key, found.words) for key, found in ANSWER_TYPES.items()
        ]

    def values(self) -> dict[str, Any]:
        """Return the arguments of `add_question`."""
        data = dict(self.cleaned_data)
        data.pop("segment_lines", None)
        lines = [line.strip() for line in data["options"].splitlines() if line.strip()]
        titles = [line.removesuffix(DEFAULT_MARK).strip() for line in lines]
        chosen = [t for t, line in zip(titles, lines, strict=True) if line.endswith(DEFAULT_MARK)]
        segments = self.instance.segments
        return {**data, "options": titles, "defaults": chosen, "segments": segments}


class QuestionChangeForm(_QuestionFields):
    """Change a question; its kind and options stay."""

    def values(self) -> dict[str, Any]:
        """Return the arguments of `update_question`."""
        data = {
            name: self.cleaned_data[name] for name in self.changed_data if name != "segment_lines"
        }
        if "segment_lines" in self.changed_data:
            data["segments"] = self.instance.segments
        return data


class ReferenceFileForm(forms.Form):
    """Give the reference standard as a table."""

    file = forms.FileField(
        label="Table (CSV)", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )

    def clean_file(self) -> bytes:
        """Return what the file holds."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {MOST_BYTES // 2**20} MB.")
        content: bytes = file.read()
        return content


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


def _segments(lines: str) -> list[dict[str, Any]]:
    """Read labels from lines; their rules are the model's to check."""
    found = []
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        number, _, rest = line.partition(" ")
        name, _, last = rest.strip().rpartition(" ")
        color = last if last.startswith("#") and name else ""
        if not number.isdecimal() or len(number) > 5 or not rest.strip():
            raise ValueError(f"“{line[:60]}” does not begin with a voxel value and a name.")
        segment = {"voxel_value": int(number), "name": (name if color else rest).strip()}
        found.append({**segment, "visible": True, **({"color": color} if color else {})})
    return found


def _lines_of(segments: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{each['voxel_value']} {each['name']} {each.get('color', '')}".strip() for each in segments
    )
