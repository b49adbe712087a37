"""Verbs on users, roles and tokens."""

from app.accounts.services.profile import remove_picture, set_picture, update_profile
from app.accounts.services.roles import grant_missing_role, grant_role, make_owned, revoke_role
from app.accounts.services.tokens import IssuedToken, issue_token, recognize_token, revoke_token
from app.accounts.services.users import create_user, update_user

__all__ = [
    "IssuedToken",
    "create_user",
    "grant_missing_role",
    "grant_role",
    "issue_token",
    "make_owned",
    "recognize_token",
    "remove_picture",
    "revoke_role",
    "revoke_token",
    "set_picture",
    "update_profile",
    "update_user",
]
