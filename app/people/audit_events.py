"""What people and organizations record."""

from app.core.audit import register_events

register_events(
    {
        "people.organization.created": "{actor} created the organization {title}",
        "people.organization.changed": "{actor} changed the organization {object}",
        "people.organization.deleted": "{actor} deleted the organization {title}",
        "people.verification.requested": "{actor} asked to be verified",
        "people.verification.state_changed": "{object}: {before} → {after}",
        "people.export.requested": "{actor} asked for their data",
        "people.export.downloaded": "{actor} downloaded their data",
        "people.personalexport.state_changed": "{object}: {before} → {after}",
        "people.deletion.requested": "{actor} asked for the account to be deleted",
        "people.deletion.held_up": "The deletion {object} was held up",
        "people.deletion.state_changed": "{object}: {before} → {after}",
        "people.logo.changed": "{actor} changed the logo of {object}",
        "people.logo.removed": "{actor} removed the logo of {object}",
    }
)
