"""What archives record."""

from app.core.audit import register_events

register_events(
    {
        "archives.archive.created": "{actor} made the archive {object}",
        "archives.archive.changed": "{actor} changed the archive {object}",
        "archives.archive.deleted": "{actor} deleted the archive “{title}”",
        "archives.archive.deidentification_changed": (
            "{actor} changed how files are de-identified on their way into {object}"
        ),
        "archives.item.added": "{actor} added the case {object}",
        "archives.item.changed": "{actor} changed the case {object}",
        "archives.item.deleted": "{actor} took the case “{title}” out of {object}",
        "archives.archiverequest.state_changed": "{object}: {before} → {after}",
    }
)
