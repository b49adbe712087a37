"""Forms of reviews."""

from typing import Any

from django import forms
from django.http import QueryDict

_PARTS = ("x", "y", "width", "height")
_ROWS = 4
_MOST = 1 << 16


class MaskForm(forms.Form):
    """Rectangles as rows of four numbers; rows that are left empty do not count.

    Valid rows are in ``rectangles``; ``rows`` holds what was typed, with room for more.
    """

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rectangles: list[tuple[int, int, int, int]] = []
        lists = [data.getlist(part) if data is not None else [] for part in _PARTS]
        given = [row for row in zip(*lists, strict=False) if any(text.strip() for text in row)]
        padded = [*given, *[("", "", "", "")] * max(1, _ROWS - len(given))]
        self.rows = [dict(zip(_PARTS, row, strict=True)) for row in padded]
        self._given = given[:200]

    def clean(self) -> dict[str, Any]:
        """Read the rows."""
        cleaned = super().clean() or {}
        for number, row in enumerate(self._given, start=1):
            try:
                x, y, width, height = (int(text) for text in row if len(text) < 10)
            except ValueError:
                raise forms.ValidationError(
                    f"Rectangle {number} needs four whole numbers: x, y, width and height."
                ) from None
            if max(map(abs, (x, y, width, height))) > _MOST:
                raise forms.ValidationError(f"Rectangle {number} is larger than any picture.")
            self.rectangles.append((x, y, width, height))
        if not self.rectangles:
            raise forms.ValidationError("Draw or enter at least one rectangle.")
        return cleaned


class RejectForm(forms.Form):
    """Why an image is rejected."""

    note = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Whoever imported it reads this. Do not repeat what identifies the patient.",
    )
