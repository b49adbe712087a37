"""Forms of the questions of registration."""

from typing import Any

from django import forms

from app.challenges.models import RegistrationQuestion


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the lines that are not empty."""
        text = str(super().clean(value))
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as people see it."""
        return bool((initial or []) != self.clean(data or ""))


class QuestionForm(forms.ModelForm[RegistrationQuestion]):
    """Write or change a question of registration."""

    options = LinesField(
        label="Answers to choose from",
        help_text="One on each line, where one of several is chosen.",
        required=False,
        max_length=6000,
    )

    class Meta:
        model = RegistrationQuestion
        fields = ("text", "help_text", "kind", "options", "required", "order")
