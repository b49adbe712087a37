"""Forms of sign-in, profile and people."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.forms import SignupForm as SignupElsewhereForm
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
        self.fields["password"].help_text = ""  # the page links the way out itself


class SignUpForm(SignupForm):  # type: ignore[misc]
    """Make an account; a field that people do not see catches programs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_it_in_our_words(self)


class SignUpElsewhereForm(SignupElsewhereForm):  # type: ignore[misc]
    """Make an account for somebody who signs in elsewhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_it_in_our_words(self)


def _say_it_in_our_words(form: forms.Form) -> None:
    form.fields["username"].label, form.fields["email"].label = "User name", "E-mail address"
    for field in form.fields.values():
        for name in ("placeholder", "style"):  # the content security policy forbids styles
            field.widget.attrs.pop(name, None)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Add a passkey; one that replaces the password, unless somebody wants otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.help_text, name.max_length = "To tell it from others: “Work laptop”, say.", 100
        name.validators.append(MaxLengthValidator(100))
        alone.label, alone.initial = "Sign in with it instead of the password", True
        alone.help_text = (
            "Needs a fingerprint, your face or a PIN. Without the tick it is only asked for"
            " after the password."
        )


def _say_which_codes(form: forms.Form) -> None:
    code = form.fields["code"]
    code.help_text = "From your authenticator app, or one of your recovery codes."
    code.widget.attrs = {"autocomplete": "one-time-code", "autofocus": True}


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """Ask for a code after the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_which_codes(self)


class ConfirmWithCodeForm(ReauthenticateForm):  # type: ignore[misc]
    """Ask for a code before a sensitive change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say_which_codes(self)


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
