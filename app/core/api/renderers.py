"""Answers that are not JSON."""

from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer


class PlainText(BaseRenderer):
    """Text as it is; errors stay problem details."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, media_type: Any = None, context: Any = None) -> Any:
        """Return the text."""
        return data if isinstance(data, str) else JSONRenderer().render(data)


class Table(PlainText):
    """A table as CSV, with the mark by which spreadsheets know its encoding."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, media_type: Any = None, context: Any = None) -> Any:
        """Return the table."""
        found = super().render(data, media_type, context)
        return f"\ufeff{found}" if isinstance(found, str) else found


class EventStream(PlainText):
    """Server-sent events; the view streams them itself."""

    media_type = "text/event-stream"
    format = "events"
