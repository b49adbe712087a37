"""Users and the roles they hold on objects."""

from app.accounts.models.membership import Membership
from app.accounts.models.user import User

__all__ = ["Membership", "User"]
