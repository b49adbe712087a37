"""The smallest valid proposals."""

from typing import Any

from app.accounts.models import User
from app.challenges.models import ChallengeProposal
from app.challenges.services import propose_challenge
from tests.factories.accounts import UserFactory

_counter = iter(range(10**9))
PROPOSAL: dict[str, Any] = {
    "task": "Find every nodule.",
    "purpose": "Readers miss small ones.",
    "submissions": 200,
    "data": "100 CT scans of our own.",
    "compute": "One GPU, five minutes for a case.",
}


def make_proposal(user: User | None = None, **fields: Any) -> ChallengeProposal:
    """A proposal that waits for a decision."""
    values = PROPOSAL | {"title": f"Nodules {next(_counter)}"} | fields
    return propose_challenge(user=user or UserFactory(), **values)
