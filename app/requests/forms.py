"""Forms of asking and deciding, and what objects' own forms share."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from app.requests.models import AccessMode
from app.requests.questions import MOST_LONG, MOST_SHORT, Question


class DefaultedChoiceField(forms.ChoiceField):
    """A choice that a browser always makes, and that programs may leave to the default."""

    def clean(self, value: Any) -> str:
        """Take nothing for an answer."""
        return str(super().clean(value)) if value else ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Leave alone what was left out."""
        return bool(data) and super().has_changed(initial, data)


class AskableForm(forms.ModelForm[Any]):
    """The part of an object's form that says who finds it and how people get in."""

    access_mode = DefaultedChoiceField(
        label="When somebody asks for access", choices=AccessMode.choices
    )
    listed = forms.BooleanField(
        label="Listed: people without access find it and can ask",
        help_text="They see its title, its description and the names of its owners; "
        "its contents stay closed.",
        required=False,
    )

    def clean_access_mode(self) -> str:
        """Keep what was chosen before where a program leaves the field out."""
        return str(self.cleaned_data["access_mode"] or self.instance.access_mode)


class AskForm(forms.Form):
    """Ask for access."""

    role = DefaultedChoiceField(label="As")
    message = forms.CharField(
        label="Message to the owners",
        help_text="Who you are and what you want to do with it.",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        *args: Any,
        choices: Sequence[tuple[str, str]],
        questions: Sequence[Question] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[question.key] = _field(question)
        role = self.fields["role"]
        role.choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            role.widget = forms.HiddenInput()
            role.initial = choices[0][0]

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return the cleaned values as the service takes them."""
        keys = {question.key for question in self.questions}
        others = {name: value for name, value in self.cleaned_data.items() if name not in keys}
        return {**others, "answers": {key: self.cleaned_data.get(key) for key in keys}}


def _field(question: Question) -> forms.Field:
    said: Any = {
        "label": question.text,
        "help_text": question.help_text,
        "required": question.required,
    }
    if question.agree:
        return forms.BooleanField(**said, error_messages={"required": question.complaint})
    if question.options:
        return forms.ChoiceField(
            **said, choices=[("", "Choose …"), *((one, one) for one in question.options)]
        )
    if question.long:
        widget = forms.Textarea(attrs={"rows": 4})
        return forms.CharField(**said, max_length=MOST_LONG, widget=widget)
    return forms.CharField(**said, max_length=MOST_SHORT)


class DecisionForm(forms.Form):
    """Words that go with a decision."""

    reason = forms.CharField(
        label="Reason",
        help_text="Whoever asked reads it. May stay empty.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
