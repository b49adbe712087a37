"""Verbs on users and roles."""

from app.accounts.services.roles import grant_role, revoke_role

__all__ = ["grant_role", "revoke_role"]
