"""The seam between the core and the audit log that sits above it, and the names of events."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.db.models import Model


class AuditSink(Protocol):
    """Writes one event in the transaction that is under way."""

    def __call__(
        self,
        name: str,
        *,
        obj: Model | None,
        actor: Any = None,
        data: dict[str, Any] | None = None,
        more: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Record ``name`` (app.object.verb) about ``obj``; ``more`` are the data of further ones.

        What is given together is written together, in this order.
        """


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


NAME = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z_]+")
_sentences: dict[str, str] = {}


class UnregisteredEvent(ValueError):
    """An event was to be recorded under a name that nobody registered."""


def register_events(sentences: Mapping[str, str]) -> None:
    """Register events by name (``app.object.verb``), each with a sentence for people.

    A sentence may hold ``{actor}``, ``{object}`` and the keys of the event's data, such as
    ``{title}``. Applications do this in a module ``audit_events``, which is found by itself.
    """
    for name, sentence in sentences.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"Audit name {name!r} is not of the form app.object.verb")
        if _sentences.setdefault(name, sentence) != sentence:
            raise RuntimeError(f"Audit name {name!r} is registered twice.")


def checked_event(name: str) -> str:
    """Return ``name`` if it is registered, else raise `UnregisteredEvent`."""
    if name not in _sentences:
        raise UnregisteredEvent(
            f"Audit name {name!r} is not registered; names are of the form app.object.verb and "
            "stand in the audit_events module of their application."
        )
    return name


def sentence_of(name: str) -> str:
    """Return the sentence of a registered event."""
    return _sentences[name]


def registered_events() -> Mapping[str, str]:
    """Return every registered name with its sentence."""
    return dict(_sentences)
