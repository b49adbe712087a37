"""Who may see and revoke API tokens."""

from typing import Any

from django.db.models import QuerySet

from app.accounts.models import Token
from app.core.access import Policy


class TokenPolicy(Policy[Token]):
    """A token is its owner's alone."""

    model = Token

    def visible_to(self, user: Any) -> QuerySet[Token]:
        """Return the user's own tokens."""
        return Token.objects.filter(user=user) if user.is_authenticated else Token.objects.none()

    def allows(self, user: Any, obj: Token, action: str) -> bool:
        """The owner may do what there is to do."""
        return action in {"view", "revoke"}


TOKENS = TokenPolicy()
