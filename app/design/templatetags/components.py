"""Every component as a template tag or filter: ``{% load components %}``.

Block tags (``page_header``, ``card``, ``data_table``, ``alert`` …) wrap what stands between them
and their ``end…`` tag. Further keywords become HTML attributes: ``hx_post=url`` is ``hx-post``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from app.core.pages import ListPage
from app.design import units
from app.design.components import buttons, forms, lists, states
from app.design.components.markup import attributes, component

register = template.Library()


# Buttons and dialogs


@register.simple_tag(name="button")
def button_tag(
    label: str,
    *,
    icon: str = "",
    href: str = "",
    kind: str = "secondary",
    small: bool = False,
    icon_only: bool = False,
    opens: str = "",
    **attrs: Any,
) -> SafeString:
    """A button, a link (``href``), or a button that opens the dialog with the id ``opens``."""
    if opens:
        attrs = {**buttons.opens_dialog(opens), **attrs}
    return buttons.button(
        label,
        icon_name=icon,
        href=href,
        kind=kind,
        small=small,
        icon_only=icon_only,
        **attrs,
    )


@register.simple_block_tag(takes_context=True)
def confirm_dialog(
    context: Context,
    content: str,
    *,
    id: str,  # noqa: A002 - the attribute's own name
    title: str,
    action: str,
    verb: str = "Delete",
    kind: str = "danger",
    confirm_text: str = "",
) -> str:
    """A dialog that posts to ``action`` once confirmed; the content says what will happen."""
    return buttons.confirm_dialog(
        content,
        dialog_id=id,
        confirm_text=confirm_text,
        title=title,
        action=action,
        verb=verb,
        kind=kind,
        csrf_token=context.get("csrf_token", ""),
    )


# Marks


@register.simple_tag
def state_badge(state: Any, label: str = "") -> SafeString:
    """A state of a state machine in a word, a colour and an icon."""
    return states.state_badge(state, label=label)


@register.simple_tag
def badge(text: Any, tone: str = "neutral", icon: str = "") -> SafeString:
    """A small labelled mark."""
    return states.badge(text, tone=tone, icon_name=icon)


@register.simple_tag
def avatar(user: Any, size: str = "") -> SafeString:
    """The picture of a person, else the initials, in a circle; decoration beside the name."""
    name = person_name(user)
    picture = getattr(user, "picture_url", "")
    if picture:
        css = "avatar" + (f" avatar-{size}" if size else "")
        return format_html('<img class="{}" src="{}" alt="" decoding="async">', css, picture)
    parts = [part for part in name.replace(".", " ").replace("-", " ").split() if part]
    initials = "".join(part[0] for part in (parts[:1] + parts[1:][-1:])) or "?"
    hue = sum(name.encode()) % 6
    css = f"avatar avatar-{hue}" + (f" avatar-{size}" if size else "")
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, initials.upper())


@register.filter
def person_name(user: Any) -> str:
    """The name of a person as others see it."""
    name = getattr(user, "display_name", "") or getattr(user, "username", "") or user
    return str(name)


# Layout


@register.simple_block_tag
def page_header(
    content: str,
    *,
    title: Any,
    lead: Any = "",
    state: Any = "",
    icon: str = "",
    kicker: Any = "",
) -> SafeString:
    """The page's one ``<h1>`` with a line of explanation; the content is its actions."""
    return component(
        "page_header",
        title=title,
        lead=lead,
        state=state,
        icon=icon,
        kicker=kicker,
        actions=content if content.strip() else "",
    )


@register.simple_block_tag
def card(
    content: str, title: Any = "", icon: str = "", flush: bool = False, **attrs: Any
) -> SafeString:
    """A framed section; ``flush`` lets a table reach its edges."""
    return component(
        "card",
        body=content,
        title=title,
        icon=icon,
        flush=flush,
        attrs=attributes(attrs),
    )


@register.simple_tag
def stat(label: Any, value: Any, hint: Any = "", href: str = "", icon: str = "") -> SafeString:
    """A number with its name."""
    return component("stat", label=label, value=value, hint=hint, href=href, icon=icon)


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    """Links to the parts of one object; ``label`` names them for screen readers."""
    return format_html('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', label, content)


@register.simple_tag
def tab(label: Any, href: str, current: bool = False, count: Any = None) -> SafeString:
    """One tab."""
    number = "" if count is None else format_html(' <span class="count">{}</span>', count)
    now = mark_safe(' aria-current="page"') if current else ""
    return format_html('<li><a href="{}"{}>{}{}</a></li>', href, now, label, number)


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A description list; fill it with ``{% fact %}``."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_block_tag
def fact(content: str, label: Any) -> SafeString:
    """One term with its value."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, content)


@register.simple_tag
def description_list(pairs: Iterable[tuple[Any, Any]]) -> SafeString:
    """A description list from (label, value) pairs."""
    return component("description_list", pairs=pairs)


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: Any = "", advice: Any = "") -> SafeString:
    """What happened, and in ``advice`` what to do next."""
    return component("alert", body=content, tone=tone, title=title, advice=advice)


@register.simple_block_tag
def empty_state(content: str, title: Any, text: Any = "", icon: str = "inbox") -> SafeString:
    """Nothing here yet, and what to do about it; the content is the way forward."""
    return component("empty_state", title=title, text=text, icon=icon, actions=content)


@register.simple_block_tag
def help_tip(content: str, label: str = "Help") -> SafeString:
    """Inline help behind a question mark; works without scripts."""
    return component("help_tip", body=content, label=label)


@register.simple_tag
def progress(
    value: float | None = None,
    *,
    max: float = 100,  # noqa: A002 - the attribute's own name
    label: Any = "",
    detail: Any = "",
    **attrs: Any,
) -> SafeString:
    """A progress bar; without a value it is indeterminate."""
    share = None if value is None or not max else min(100, round(100 * value / max))
    return component(
        "progress",
        value=value,
        max=max,
        label=label,
        detail=detail,
        share=share,
        attrs=attributes(attrs),
    )


@register.simple_tag
def log_block(
    text: Any,
    *,
    id: str = "log",  # noqa: A002 - the attribute's own name
    label: str = "Log",
    follow: bool = True,
    **attrs: Any,
) -> SafeString:
    """A program's output: scrolls by itself to the end while "Follow" is on."""
    return component(
        "log_block",
        text=text,
        id=id,
        label=label,
        follow=follow,
        attrs=attributes(attrs),
    )


@register.simple_tag
def copy_field(value: Any, label: str = "Value") -> SafeString:
    """A value to copy, such as a digest or an address."""
    return component("copy_field", value=value, label=label)


# Lists


@register.simple_block_tag(takes_context=True)
def data_table(
    context: Context,
    content: str,
    page: ListPage,
    *,
    caption: str,
    noun: str = "",
    searchable: bool = True,
    empty_title: Any = "",
    empty_text: Any = "",
    empty_action: Any = "",
    empty_href: str = "",
    empty_icon: str = "inbox",
    table_id: str = "",
    filters: Any = "",
) -> SafeString:
    """A whole list: search, sorting, rows (the content: thead and tbody), pages, empty state."""
    request = context.get("request")
    return lists.data_table(
        content,
        page,
        path=request.path if request else "",
        caption=caption,
        noun=noun,
        searchable=searchable,
        table_id=table_id,
        empty_title=empty_title,
        empty_text=empty_text,
        empty_action=empty_action,
        empty_href=empty_href,
        empty_icon=empty_icon,
        filters=filters,
    )


@register.simple_tag
def sort_header(page: ListPage, key: str, label: Any, numeric: bool = False) -> SafeString:
    """A column head that sorts."""
    return lists.sort_header(page, key, label, numeric=numeric)


@register.simple_tag
def list_filter(
    name: str, label: Any, options: Sequence[tuple[str, Any]], chosen: Any = ""
) -> SafeString:
    """A choice that narrows a list, for ``filters`` of ``data_table``; the first one is all."""
    return component("list_filter", key=name, label=label, options=options, chosen=chosen)


@register.simple_tag
def pagination(page: ListPage, label: str = "Pages") -> str:
    """Links to the other pages of a list."""
    return lists.pagination(page, label=label)


@register.inclusion_tag("design/components/people.html", takes_context=True)
def people_list(
    context: Context,
    members: Iterable[Any],
    *,
    key: str,
    target: Any,
    roles: Sequence[tuple[str, str]] = (),
    can_manage: bool = False,
) -> dict[str, Any]:
    """Who has which role on ``target``; ``key`` names its registered people policy."""
    names = dict(roles)
    request = context.get("request")
    return {
        "members": [(m, names.get(m.role, m.role.replace("_", " ").capitalize())) for m in members],
        "key": key,
        "target": target,
        "roles": roles,
        "can_manage": can_manage,
        "next": request.get_full_path() if request else "",
        "csrf_token": context.get("csrf_token", ""),
        "me": getattr(request, "user", None),
    }


# Forms


@register.simple_tag
def form_fields(form: Form, only: str = "", without: str = "") -> SafeString:
    """A form's error summary and fields."""
    return forms.form_fields(form, only=only, without=without)


@register.simple_tag
def form_errors(form: Form) -> str:
    """A form's error summary alone."""
    return forms.form_errors(form)


@register.simple_tag
def form_field(field: BoundField, label: str = "") -> SafeString:
    """One field of a form."""
    return forms.form_field(field, label=label)


# Filters


@register.filter
def pretty_json(value: Any) -> str:
    """Return a value as JSON that people can read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def filesize_h(size: int | None) -> str:
    """``1234567`` as ``1.23 MB``."""
    return "–" if size is None else units.filesize_words(int(size))


@register.filter
def duration_h(value: float | timedelta | None) -> str:
    """Seconds or a timedelta as ``1 h 05 min``."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    return units.duration_words(seconds)


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """A moment as ``3 hours ago``, with the exact time on hover and for machines."""
    if moment is None:
        return "–"
    words = units.ago_words(moment, now=timezone.now())
    return _time(moment, words, relative=True)


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """A moment as ``21 Nov 2026, 09:12 UTC``."""
    if moment is None:
        return "–"
    words = units.moment_words(moment)
    return _time(moment, words, relative=False)


@register.filter
def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals; nothing where there is no number.

    As Django's ``floatformat`` and many times as fast, for tables; numbers only, in one notation.
    """
    return "" if value is None else units.decimal_words(value, digits)


def _time(moment: datetime, words: str, *, relative: bool) -> SafeString:
    mark = " data-relative" if relative else ""
    machine, exact = moment.isoformat(timespec="seconds"), units.moment_words(moment)
    return mark_safe(  # noqa: S308 - moments in digits and words of ours
        f'<time datetime="{machine}" title="{exact}"{mark}>{words}</time>'
    )
