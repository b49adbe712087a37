"""Application configuration of the audit log."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AuditConfig(AppConfig):
    """Append-only events: who did what with which object."""

    name = "app.audit"
    label = "audit"

    def ready(self) -> None:
        """Become the core's audit sink and record sign-ins."""
        from app.audit import sign_in_signals, signals

        """Become the core's audit sink, collect the names of events, and record sign-ins."""
        from app.audit.services import record
        from app.core.audit import set_audit_sink

        set_audit_sink(record)
        autodiscover_modules("audit_events")
        signals.connect()
        sign_in_signals.connect()
