"""Mail through the real queue and to a real server."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from app.notifications.models import OutgoingMail
from tests.smtp import SmtpSink, smtp_sink


@pytest.fixture
def queued(settings: LazySettings) -> None:
    """Send mail through the portal's own backend (Django's test runner sets another)."""
    settings.EMAIL_BACKEND = "app.notifications.mail.QueuedBackend"


@pytest.fixture
def server(queued: None, settings: LazySettings) -> Iterator[SmtpSink]:
    with smtp_sink() as sink:
        settings.EMAIL_URL = sink.url
        yield sink


@pytest.fixture
def kept(queued: None, settings: LazySettings) -> None:
    """No mail server: everything stays in the database."""
    settings.EMAIL_URL = ""


@pytest.fixture
def folder(queued: None, settings: LazySettings, tmp_path: object) -> str:
    settings.EMAIL_URL = f"file://{tmp_path}/mail"
    return f"{tmp_path}/mail"


def the_mail() -> OutgoingMail:
    """The only message there is."""
    return OutgoingMail.objects.get()
