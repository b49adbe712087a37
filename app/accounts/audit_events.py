"""What accounts record."""

from app.core.audit import register_events

register_events(
    {
        "accounts.user.signed_in": "{actor} signed in",
        "accounts.user.signed_out": "{actor} signed out",
        "accounts.user.sign_in_refused": "Somebody failed to sign in as “{given}”",
        "accounts.role.granted": "{actor} gave {user} the role {role} on {object}",
        "accounts.role.revoked": "{actor} took {user}’s role away on {object}",
        "accounts.token.issued": "{actor} made the API token “{name}”",
        "accounts.token.revoked": "{actor} revoked the API token “{name}”",
    }
)
