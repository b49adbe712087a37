"""The seam between the core and the audit log that sits above it."""

from typing import Any, Protocol

from django.db.models import Model


class AuditSink(Protocol):
    """Writes one event in the transaction that is under way."""

    def __call__(
        self, name: str, *, obj: Model | None, actor: Any = None, data: dict[str, Any] | None = None
    ) -> None:
        """Record ``name`` (app.object.verb) about ``obj``."""


_sink: AuditSink | None = None


def set_audit_sink(sink: AuditSink) -> None:
    """Install the sink (called once, by the audit application)."""
    global _sink  # noqa: PLW0603 -- the one seam, set at start-up
    _sink = sink


def audit_sink() -> AuditSink:
    """Return the sink; without one nothing may change state unseen."""
    if _sink is None:
        raise RuntimeError("No audit sink is installed: add app.audit to INSTALLED_APPS.")
    return _sink
