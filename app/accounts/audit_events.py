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
        "accounts.user.signed_up": "{actor} made an account",
        "accounts.user.password_changed": "{actor} changed the password",
        "accounts.user.password_set": "{actor} set a password",
        "accounts.user.password_reset": "{actor} reset the password by mail",
        "accounts.user.deleted": "The account {object} was deleted",
        "accounts.email.confirmed": "{actor} confirmed the address {email}",
        "accounts.email.changed": "{actor} changed the address from {before} to {after}",
        "accounts.second_factor.added": "{actor} added a second factor: {kind}",
        "accounts.second_factor.removed": "{actor} removed a second factor: {kind}",
        "accounts.second_factor.reset": "{actor} made a second factor anew: {kind}",
        "accounts.second_factor.used": "{actor} showed a second factor: {kind}",
        "accounts.sign_in.connected": "{actor} connected an account at {provider}",
        "accounts.sign_in.disconnected": "{actor} disconnected an account at {provider}",
        "accounts.profile.changed": "{actor} changed the profile of {object}",
        "accounts.picture.downloaded": "{actor} looked at the picture of {object}",
        "accounts.user.created": "{actor} made the account {object}",
        "accounts.user.changed": "{actor} changed the account {object}",
        "accounts.picture.changed": "{actor} changed the picture of {object}",
        "accounts.picture.removed": "{actor} removed the picture of {object}",
    }
)
