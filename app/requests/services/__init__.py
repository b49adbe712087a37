"""Verbs on access requests."""

from app.requests.services.asking import Outcome, ask_for_access, withdraw_request
from app.requests.services.deciding import (
    accept_due_requests,
    accept_request,
    accept_requests,
    accept_requests_of_verified,
    reject_request,
)

__all__ = [
    "Outcome",
    "accept_due_requests",
    "accept_request",
    "accept_requests",
    "accept_requests_of_verified",
    "ask_for_access",
    "reject_request",
    "withdraw_request",
]
