"""Forms of pictures, verification, organizations and the end of an account."""

from typing import Any

from django import forms

from app.accounts.forms import PersonForm
from app.accounts.models import User
from app.core.pictures import MAX_BYTES
from app.people.models import Organization

_TYPES = "image/jpeg,image/png,image/webp"
_SAYS = "JPEG, PNG or WebP, at most 5 MB. The middle of it is kept as a square."


class PictureField(forms.FileField):
    """A picture that is not too large; what is in it is looked at when it is stored."""

    widget = forms.ClearableFileInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _SAYS)
        super().__init__(widget=forms.FileInput(attrs={"accept": _TYPES}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        """Return the bytes, or None where no file was chosen."""
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Choose a smaller one.")
        content: bytes = file.read(MAX_BYTES + 1)
        return content


class PictureForm(forms.Form):
    """Choose a picture of oneself."""

    picture = PictureField()


class VerificationForm(forms.Form):
    """Ask to be verified."""

    email = forms.EmailField(
        label="Institutional e-mail address",
        max_length=254,
        help_text="The address that your institution gave you. Nobody else here sees it "
        "but the reviewers.",
    )


class ReasonForm(forms.Form):
    """What the person should know about a decision."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads this in their inbox, so say what to change.",
    )


class OrganizationForm(forms.ModelForm[Organization]):
    """Make or change an organization."""

    website = forms.URLField(
        required=False, max_length=200, assume_scheme="https", help_text="Begins with https://."
    )
    logo = PictureField(required=False)
    remove_logo = forms.BooleanField(required=False, label="Remove the present logo")

    class Meta:
        model = Organization
        fields = ("title", "description", "website", "country")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.logo is None:
            del self.fields["remove_logo"]

    def changes(self) -> dict[str, Any]:
        """Return the changed fields of the organization itself."""
        return {
            name: self.cleaned_data[name] for name in self.changed_data if name in self.Meta.fields
        }


class NewOrganizationForm(OrganizationForm):
    """Make an organization and say who looks after it."""

    editor = forms.CharField(
        required=False,
        max_length=254,
        label="First editor",
        help_text="User name or e-mail address of who looks after it. Empty: you.",
    )

    def clean_editor(self) -> User | None:
        """Find the person."""
        given = self.cleaned_data["editor"].strip()
        if not given:
            return None
        found = PersonForm({"username": given, "role": "EDITOR"})
        if not found.is_valid():
            raise forms.ValidationError(list(found.errors["username"]))
        person: User = found.cleaned_data["username"]
        return person


class DeletionForm(forms.Form):
    """Delete the own account, after typing its user name."""

    confirm = forms.CharField(max_length=150)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_confirm(self) -> str:
        """Compare what was typed with the user name."""
        given: str = self.cleaned_data["confirm"].strip()
        if given != self.user.username:
            raise forms.ValidationError("Type your user name exactly to delete your account.")
        return given
