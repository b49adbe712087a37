"""What notifications record."""

from app.core.audit import register_events

register_events(
    {
        "notifications.preference.changed": "{actor} changed what mail they get",
        "notifications.mail.opened": "{actor} read the message {object}",
        "notifications.outgoingmail.state_changed": "{object}: {before} → {after}",
    }
)
