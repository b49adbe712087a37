"""What the audit log records about itself."""

from app.core.audit import register_events

register_events({"audit.log.exported": "{actor} exported audit events as {format}"})
