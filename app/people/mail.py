"""Mail to one person about their own account: plain text from a template."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string


def mail_on_commit(template: str, *, to: str, subject: str, **context: Any) -> None:
    """Send ``people/mail/<template>.txt`` once the current transaction has committed."""
    text = render_to_string(f"people/mail/{template}.txt", {"site": settings.SITE_URL, **context})
    transaction.on_commit(
        lambda: send_mail(subject, text, None, [to]),
        robust=True,
    )
