"""Buttons, links that look like buttons, and the dialogs that some of them open."""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from app.design.components.markup import attributes, component, icon

KINDS = ("primary", "secondary", "quiet", "danger")


def button(
    label: Any,
    *,
    icon_name: str = "",
    href: str = "",
    kind: str = "secondary",
    small: bool = False,
    icon_only: bool = False,
    **attrs: Any,
) -> SafeString:
    """A button, or a link where ``href`` is given.

    ``icon_only`` keeps the label for screen readers and as a tooltip.
    """
    if kind not in KINDS:
        raise ValueError(f"A button is one of {', '.join(KINDS)}, not {kind!r}.")
    css = ["button", f"button-{kind}"]
    css += ["button-small"] * small + ["button-icon"] * icon_only
    words = format_html('<span class="sr-only">{}</span>', label) if icon_only else label
    if icon_only:
        attrs.setdefault("title", label)
    extra = attrs.pop("class_", "")
    tag = "a" if href else "button"
    attrs = {"href": href, **attrs} if href else {"type": "button", **attrs}
    return format_html(
        '<{} class="{}"{}>{}{}</{}>',
        tag,
        " ".join([*css, extra]).strip(),
        attributes(attrs),
        icon(icon_name) if icon_name else "",
        words,
        tag,
    )


def opens_dialog(dialog_id: str) -> dict[str, Any]:
    """Attributes of a button that opens a dialog: by script as modal, else as a popover."""
    return {
        "popovertarget": dialog_id,
        "data_dialog_open": dialog_id,
        "aria_haspopup": "dialog",
    }


def confirm_dialog(body: Any, *, dialog_id: str, confirm_text: str = "", **options: Any) -> str:
    """A dialog that asks before something is lost.

    With ``confirm_text`` the person must type that text; the browser itself checks it.
    """
    return component(
        "confirm_dialog",
        body=body,
        id=dialog_id,
        confirm_text=confirm_text,
        pattern=literal_pattern(confirm_text),
        **options,
    )


def literal_pattern(text: str) -> str:
    """An HTML ``pattern`` that matches exactly ``text``.

    HTML compiles patterns with the ``v`` flag, which refuses needless escapes, so that
    ``re.escape`` cannot be used.
    """
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", text)
