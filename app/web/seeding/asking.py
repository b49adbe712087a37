"""Access that people of a seed file ask for."""

from typing import Any

from app.accounts.models import User
from app.requests.registry import kind_of
from app.requests.services import ask_for_access
from app.web.seeding.document import RequestEntry
from app.web.seeding.run import Run


def seed_requests(run: Run, entries: list[RequestEntry], target: Any, path: str) -> None:
    """Ask for access; who asked before, whatever was decided, does not ask again."""
    kind = kind_of(target)
    for number, entry in enumerate(entries):
        place = f"{path}.requests[{number}]"
        user: User = run.get("user", entry.user, path=f"{place}.user")

        def make(user: User = user, entry: RequestEntry = entry) -> Any:
            return ask_for_access(
                user=user, target=target, role=entry.role, message=entry.message
            ).request

        with run.entry(place, kind="request", name=f"of {user.username} for {target}"):
            run.settle(
                kind.rows.filter(user=user, target=target).first(),
                path=place,
                kind="request",
                name=f"of {user.username} for {target}",
                make=make,
            )
