"""Forms of preferences."""

from typing import Any

from django import forms
from django.conf import settings

from app.accounts.models import User
from app.notifications.kinds import all_kinds


class PreferencesForm(forms.Form):
    """When e-mail comes, and for each kind of news whether it comes at all.

    The choice of a kind is a field by the kind's key, ``mail`` or ``inbox``; the page draws these
    as a table.
    """

    mail_preference = forms.ChoiceField(
        label="Send me e-mail",
        widget=forms.RadioSelect,
        choices=User.MailPreference.choices,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["mail_preference"] = user.mail_preference
        hour = f"{settings.EMAIL_DIGEST_HOUR:02d}:00 UTC"
        field = self.fields["mail_preference"]
        field.help_text = f"“Once a day” sums up at {hour} what you have not read by then."

    def mail_by_kind(self) -> dict[str, bool]:
        """Return for each kind that was sent whether it is to be mailed."""
        given = {kind.key: self.data.get(kind.key) for kind in all_kinds()}
        return {key: value == "mail" for key, value in given.items() if value}
