"""Taking mail in: rendered once, stored, delivered after the commit."""

from datetime import timedelta
from email.utils import make_msgid, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.utils import timezone

from app.accounts.models import User
from app.core.tasks import enqueue_on_commit
from app.notifications.models import OutgoingMail
from app.notifications.rendering import plain_text, wrapped
from app.notifications.transport import parse_email_url

TASK = "app.notifications.tasks.deliver_mail"
GIVE_UP_AFTER = timedelta(days=2)
MAX_BYTES = 10 * 2**20


def queue_message(message: EmailMessage) -> OutgoingMail | None:
    """Store a message as it will be sent; nothing where it has no recipients.

    Raises ``ValueError`` for what no mail may be, before anything is written: a line break in a
    header, something that is no address, more than 10 MiB.
    """
    recipients = [_address(given) for given in dict.fromkeys(message.recipients())]
    if not recipients:
        return None
    whole = complete(message)
    rendered: Any = whole.message()
    content: bytes = rendered.as_bytes(linesep="\r\n")
    if len(content) > MAX_BYTES:
        raise ValueError("An e-mail may have at most 10 MiB.")
    now = timezone.now()
    kept = parse_email_url(settings.EMAIL_URL) is None
    mail = OutgoingMail.objects.create(
        user=_owner(recipients),
        sender=_address(whole.from_email),
        recipients=recipients,
        remaining=recipients,
        subject=str(whole.subject)[:300],
        content=content,
        state=OutgoingMail.State.KEPT if kept else OutgoingMail.State.QUEUED,
        due_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )
    if not kept:
        enqueue_on_commit(TASK, mail.pk)
    return mail


def complete(message: EmailMessage) -> EmailMultiAlternatives:
    """Return the message with both a plain text part and an HTML alternative."""
    body = str(message.body or "")
    others = [(str(part[0]), str(part[1])) for part in getattr(message, "alternatives", None) or []]
    html = next((content for content, kind in others if kind == "text/html"), "")
    if message.content_subtype == "html":
        html, body = body, ""
    if not body.strip():
        body = plain_text(html)
    html = html or wrapped(subject=str(message.subject), text=body)
    others = [part for part in others if part[1] != "text/html"]
    alternatives: list[Any] = [(html, "text/html"), *others]
    whole = EmailMultiAlternatives(
        subject=message.subject,
        body=body,
        from_email=message.from_email,
        to=message.to,
        cc=message.cc,
        bcc=message.bcc,
        reply_to=message.reply_to,
        attachments=message.attachments,
        alternatives=alternatives,
        headers={
            "Message-ID": make_msgid(domain=urlsplit(settings.SITE_URL).hostname),
            "Auto-Submitted": "auto-generated",
            **message.extra_headers,
        },
    )
    whole.encoding = message.encoding
    return whole


def _address(given: str) -> str:
    """Return the bare address that a server is given."""
    try:
        if not str(given).isprintable():
            raise ValueError(given)
        found = parseaddr(sanitize_address(str(given), "utf-8"))[1]
        validate_email(found)
    except (ValidationError, ValueError, IndexError):
        raise ValueError(f"{given!r} is no e-mail address.") from None
    return found


def _owner(recipients: list[str]) -> User | None:
    if len(recipients) != 1:
        return None
    return User.objects.filter(email__iexact=recipients[0]).first()
