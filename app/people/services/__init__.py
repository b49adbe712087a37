"""Verbs on organizations, verifications, exports and deletions."""

from app.people.services.deletion import (
    cancel_deletion,
    delete_due_accounts,
    request_deletion,
)
from app.people.services.exports import build_export, request_export, sweep_exports
from app.people.services.organizations import (
    create_organization,
    delete_organization,
    remove_logo,
    set_logo,
    update_organization,
)
from app.people.services.verification import (
    accept_verification,
    confirm_verification,
    confirmation_token,
    expire_confirmations,
    reject_verification,
    request_verification,
    revoke_verification,
    verification_of_token,
    withdraw_verification,
)

__all__ = [
    "accept_verification",
    "build_export",
    "cancel_deletion",
    "confirm_verification",
    "confirmation_token",
    "create_organization",
    "delete_due_accounts",
    "delete_organization",
    "expire_confirmations",
    "reject_verification",
    "remove_logo",
    "request_deletion",
    "request_export",
    "request_verification",
    "revoke_verification",
    "set_logo",
    "sweep_exports",
    "update_organization",
    "verification_of_token",
    "withdraw_verification",
]
