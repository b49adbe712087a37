"""Background work of access requests."""

from app.accounts.models import User
from app.core.tasks import task
from app.requests.services import accept_due_requests, accept_requests_of_verified


@task(queue="short", max_seconds=120)
def accept_verified(user_id: int) -> None:
    """Let a person who was just verified in where that needs no editor."""
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        accept_requests_of_verified(user)


@task(queue="short", max_seconds=300)
def reconcile_requests() -> None:
    """Accept what needs no editor any more: people were verified, access modes changed."""
    accept_due_requests()
