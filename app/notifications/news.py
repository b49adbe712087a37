"""What people are told by the layers below, and by every application alike."""

from app.notifications.kinds import register_kind

SECURITY = "accounts.security"


def register_news() -> None:
    """Register the kinds of news that belong to no single application above."""
    register_kind("access.requested", "Access requests", "Somebody asks for access to yours.")
    register_kind("access.decided", "Decisions on access", "Your request for access was decided.")
    register_kind("accounts.role.granted", "New roles", "Somebody gave you a role.")
    register_kind(
        SECURITY,
        "Account security",
        "Your password, e-mail address, sign-in methods or API tokens changed.",
        urgent=True,
    )
