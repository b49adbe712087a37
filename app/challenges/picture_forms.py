"""The form of a challenge's pictures."""

from typing import Any

from django import forms

from app.challenges.models import Challenge
from app.people.forms import PictureField

_TYPES = "JPEG, PNG or WebP, at most 5 MB."


class PicturesForm(forms.ModelForm[Challenge]):
    """Choose, describe and remove the logo and the banner."""

    logo = PictureField(
        required=False, help_text=f"{_TYPES} The middle of it is kept as a square of 512 pixels."
    )
    remove_logo = forms.BooleanField(required=False, label="Remove the present logo")
    banner = PictureField(
        required=False,
        help_text=f"{_TYPES} The middle of it is kept, four times as wide as high: 1600 × 400.",
    )
    remove_banner = forms.BooleanField(required=False, label="Remove the present banner")

    class Meta:
        model = Challenge
        fields = ("logo_alt", "banner_alt")
        help_texts = dict.fromkeys(
            ("logo_alt", "banner_alt"), "Read out to people who do not see the picture."
        )

    field_order = ("logo", "logo_alt", "remove_logo", "banner", "banner_alt", "remove_banner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("logo", "banner"):
            if getattr(self.instance, name) is None:
                del self.fields[f"remove_{name}"]

    @property
    def pictures(self) -> dict[str, bytes | None]:
        """Return the new pictures by name, and nothing for those to be taken away."""
        given = {name: self.cleaned_data[name] for name in ("logo", "banner")}
        removed = {name for name in given if self.cleaned_data.get(f"remove_{name}")}
        return {name: data for name, data in given.items() if data or name in removed}

    @property
    def words(self) -> dict[str, str]:
        """Return what the pictures show, by name."""
        return {name: self.cleaned_data[f"{name}_alt"] for name in ("logo", "banner")}
