"""What images and imports record."""

from app.core.audit import register_events

register_events(
    {
        "images.import.started": "{actor} started an import of {files} file(s)",
        "images.import.state_changed": "The import {object} went from {before} to {after}",
        "images.import.discarded": "{actor} deleted {files} kept upload(s) of {object}",
        "images.image.opened": "{actor} opened {object} in the viewer",
        "images.file.downloaded": "{actor} downloaded a file of {object}",
        "images.instances.downloaded": "{actor} was given the DICOM instances of {object}",
        "images.quarantine.held": "{count} image(s) of {object} wait for review",
        "images.quarantine.state_changed": "A review went from {before} to {after}",
        "images.quarantine.accepted": "{actor} accepted {object} after review",
        "images.quarantine.masked": "{actor} masked {rectangles} of {object}",
        "images.quarantine.rejected": "{actor} rejected {object}: {note}",
    }
)
