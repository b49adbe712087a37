"""Users, the roles they hold on objects, and the tokens of their programs."""

from app.accounts.models.membership import Membership
from app.accounts.models.token import Token
from app.accounts.models.user import User

__all__ = ["Membership", "Token", "User"]
