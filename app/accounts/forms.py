"""Forms of sign-in, profile and people."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.core.validators import MaxLengthValidator

from app.accounts.models import User


class SignInForm(LoginForm):  # type: ignore[misc]
    """Sign in by user name or e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label, login.max_length = "User name or e-mail address", 254
        login.validators.append(MaxLengthValidator(254))
        login.widget.attrs = {"autocomplete": "username webauthn", "autofocus": True}
        self.fields["password"].widget.attrs.pop("placeholder", None)


class ProfileForm(forms.ModelForm[User]):
    """What other people see of you."""

    website = forms.URLField(
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text="Your page at your institution, say; begins with https://.",
    )

    class Meta:
        model = User
        fields = (
            "first_name",
            "last_name",
            "institution",
            "department",
            "country",
            "website",
            "mail_preference",
        )
        help_texts = {
            "mail_preference": "Your inbox here holds everything in any case.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mail_preference"].required = False

    def clean_mail_preference(self) -> str:
        """Keep what is, where the form says nothing."""
        return self.cleaned_data["mail_preference"] or self.instance.mail_preference


class PersonForm(forms.Form):
    """Add a person to an object in a role."""

    username = forms.CharField(label="User name or e-mail address", max_length=254)
    role = forms.CharField(max_length=30)

    def clean_username(self) -> User:
        """Find the person by user name or e-mail address."""
        given = self.cleaned_data["username"].strip()
        field = "email__iexact" if "@" in given else "username"
        user = User.objects.filter(**{field: given}, is_active=True).first()
        if user is None:
            raise forms.ValidationError(
                "Nobody here has that name. Ask the person for their user name."
            )
        return user
