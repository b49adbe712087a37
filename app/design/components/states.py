"""How each state of each state machine looks: a word for people, a tone and an icon.

The words of the state machines are for programs; readers see "Waiting" for ``QUEUED``. Colour is
never alone: every badge carries an icon and a word (WCAG 1.4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.design.components.markup import icon

Tone = Literal["neutral", "info", "busy", "success", "warning", "danger"]


@dataclass(frozen=True)
class Look:
    """What a badge shows."""

    word: str
    tone: Tone
    icon: str


LOOKS: dict[str, Look] = {
    # waiting
    "PENDING": Look("Pending", "neutral", "clock"),
    "INITIALIZED": Look("Uploading", "busy", "loader-circle"),
    "QUEUED": Look("Waiting", "info", "hourglass"),
    "RECEIVED": Look("Received", "info", "inbox"),
    "UPLOADED": Look("Uploaded", "info", "upload"),
    "WAITING": Look("Waiting", "info", "hourglass"),
    "RETRY": Look("Trying again", "warning", "rotate-ccw"),
    # at work
    "AWAITING_CONFIRMATION": Look("Waiting for the link", "info", "mail"),
    "PENDING_REVIEW": Look("Waiting for review", "info", "hourglass"),
    "REQUESTED": Look("Requested", "info", "hourglass"),
    "SENDING": Look("Sending", "busy", "loader-circle"),
    "RUNNING": Look("Running", "busy", "loader-circle"),
    "STARTED": Look("Started", "busy", "loader-circle"),
    "STARTING": Look("Starting", "busy", "loader-circle"),
    "STOPPING": Look("Stopping", "busy", "loader-circle"),
    "VALIDATING": Look("Checking", "busy", "loader-circle"),
    "VALIDATING_INPUTS": Look("Checking inputs", "busy", "loader-circle"),
    "PROVISIONING": Look("Preparing", "busy", "loader-circle"),
    "EXECUTING": Look("Running", "busy", "loader-circle"),
    "PARSING": Look("Reading results", "busy", "loader-circle"),
    "RUNNING_CASES": Look("Running cases", "busy", "loader-circle"),
    "EVALUATING": Look("Scoring", "busy", "loader-circle"),
    "RANKING": Look("Ranking", "busy", "loader-circle"),
    "MASKING": Look("Being masked", "busy", "loader-circle"),
    "BUILDING": Look("Building", "busy", "loader-circle"),
    "IMPORTING": Look("Importing", "busy", "loader-circle"),
    # good ends
    "SUCCEEDED": Look("Succeeded", "success", "circle-check"),
    "COMPLETED": Look("Completed", "success", "circle-check"),
    "READY": Look("Ready", "success", "circle-check"),
    "DONE": Look("Done", "success", "circle-check"),
    "REUSED": Look("Re-used", "success", "refresh-cw"),
    "GIVEN": Look("In the file", "success", "file-text"),
    "ACCEPTED": Look("Accepted", "success", "circle-check"),
    "IMPORTED": Look("Imported", "success", "circle-check"),
    "SENT": Look("Sent", "success", "circle-check"),
    "USED": Look("Used", "success", "check"),
    "CONSUMED": Look("Used", "success", "circle-check"),
    "CONVERTED": Look("Converted", "success", "circle-check"),
    "OPEN": Look("Open", "success", "lock-open"),
    "ACTIVE": Look("Active", "success", "circle-dot"),
    "PUBLISHED": Look("Published", "success", "globe"),
    # stages of versions
    "DEVELOPMENT": Look("Development", "neutral", "wrench"),
    "STAGING": Look("Staging", "info", "flag"),
    "PRODUCTION": Look("Production", "success", "rocket"),
    # ends that want attention
    "PARTIAL": Look("Partly done", "warning", "circle-alert"),
    "SKIPPED": Look("Not used", "warning", "circle-slash"),
    "UNUSED": Look("Not used", "warning", "circle-slash"),
    "REFUSED": Look("Refused", "danger", "ban"),
    "REJECTED": Look("Rejected", "danger", "circle-x"),
    "DECLINED": Look("Declined", "neutral", "circle-x"),
    "INVALID": Look("Not valid", "danger", "circle-x"),
    "FAILED": Look("Failed", "danger", "circle-x"),
    # quiet ends
    "CANCELLED": Look("Cancelled", "neutral", "circle-slash"),
    "KEPT": Look("Kept here", "neutral", "inbox"),
    "DROPPED": Look("Not sent", "neutral", "circle-slash"),
    "ABORTED": Look("Stopped", "neutral", "circle-slash"),
    "STOPPED": Look("Stopped", "neutral", "square"),
    "REVOKED": Look("Revoked", "neutral", "undo-2"),
    "EXPIRED": Look("Expired", "neutral", "timer"),
    "REMOVED": Look("Removed", "neutral", "trash-2"),
    "WITHDRAWN": Look("Withdrawn", "neutral", "undo-2"),
    "RETIRED": Look("Retired", "neutral", "archive"),
    "CLOSED": Look("Closed", "neutral", "lock"),
    "DRAFT": Look("Draft", "neutral", "circle-dashed"),
    "PUBLIC": Look("Public", "info", "globe"),
    "PRIVATE": Look("Private", "neutral", "lock"),
    "HIDDEN": Look("Hidden", "neutral", "eye-off"),
}


def look_of(state: Any) -> Look:
    """The look of a state; a word we do not know is shown as it is, in a neutral tone."""
    word = str(getattr(state, "value", state) or "")
    known = LOOKS.get(word.upper())
    return known or Look(word.replace("_", " ").capitalize() or "Unknown", "neutral", "circle")


def badge(text: Any, *, tone: str = "neutral", icon_name: str = "") -> SafeString:
    """A small labelled mark."""
    drawing = icon(icon_name, size=14) if icon_name else ""
    return format_html('<span class="badge badge-{}">{}{}</span>', tone, drawing, text)


def state_badge(state: Any, *, label: str = "") -> SafeString:
    """A badge for a state word; ``data-state`` carries the word itself for scripts and tests."""
    return _state_badge(str(getattr(state, "value", state) or ""), label)


@lru_cache(maxsize=512)
def _state_badge(word: str, label: str) -> SafeString:
    look = look_of(word)
    css = "spin" if look.tone == "busy" else ""
    return format_html(
        '<span class="badge badge-{}" data-state="{}">{}{}</span>',
        look.tone,
        word,
        icon(look.icon, size=14, css=css),
        label or look.word,
    )
