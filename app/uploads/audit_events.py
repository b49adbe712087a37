"""What uploads record."""

from app.core.audit import register_events

register_events(
    {
        "uploads.upload.withdrawn": "{actor} withdrew the upload {object}",
        "uploads.userupload.state_changed": "The upload {object} went from {before} to {after}",
    }
)
