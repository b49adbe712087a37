"""Background work of mail."""

from app.core.tasks import task
from app.notifications import services


@task(queue="short", max_seconds=300)
def deliver_mail(mail_id: str) -> None:
    """Hand over one message that is due."""
    services.deliver_mail(mail_id)


@task(queue="short", max_seconds=60)
def reconcile_mail() -> None:
    """Send what is due and what the broker forgot; take back what a lost worker held."""
    services.send_due_mail()


@task(queue="short", max_seconds=600)
def send_digests() -> None:
    """Mail the daily summaries that are due (asked every few minutes)."""
    services.send_digests()


@task(queue="short", max_seconds=600)
def sweep_mail() -> None:
    """Delete mail whose way ended a month ago."""
    services.sweep_mail()
