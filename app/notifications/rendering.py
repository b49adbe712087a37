"""How mail looks: the portal's own look, in HTML that every mail program understands.

Templates name looks (``data-look="button"``); they are written into the elements here, since mail
programs know no style sheets.
"""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.utils.html import strip_tags, urlize
from django.utils.safestring import mark_safe

_FONT = "font-family:Inter,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
LOOKS: Mapping[str, str] = {
    "page": "margin:0;padding:0;background:#f6f8f9;color:#142028;" + _FONT,
    "outer": "background:#f6f8f9;padding:24px 12px;",
    "sheet": "max-width:600px;width:100%;margin:0 auto;background:#ffffff;"
    "border:1px solid #dfe5e8;border-radius:10px;border-collapse:separate;",
    "head": "padding:20px 28px;border-bottom:1px solid #dfe5e8;",
    "brand": "color:#0b6a87;font-size:18px;font-weight:600;text-decoration:none;" + _FONT,
    "body": "padding:28px;color:#142028;font-size:16px;line-height:1.5;" + _FONT,
    "title": "margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#142028;",
    "text": "margin:0 0 16px;overflow-wrap:anywhere;",
    "action": "margin:24px 0 8px;",
    "button": "display:inline-block;background:#0b6a87;color:#ffffff;padding:12px 22px;"
    "border-radius:6px;font-weight:600;text-decoration:none;",
    "link": "color:#0b6a87;text-decoration:underline;",
    "small": "margin:16px 0 0;font-size:13px;line-height:1.5;color:#52626b;overflow-wrap:anywhere;",
    "list": "margin:0 0 16px;padding:0;list-style:none;",
    "entry": "margin:0;padding:12px 0;border-top:1px solid #dfe5e8;",
    "kind": "display:block;font-size:13px;color:#52626b;",
    "foot": "padding:20px 28px;border-top:1px solid #dfe5e8;color:#52626b;font-size:13px;"
    "line-height:1.6;" + _FONT,
    "footline": "margin:0 0 6px;",
}
_LOOK = re.compile(r'data-look="([a-z]+)"')
_UNSEEN = re.compile(r"<(head|style|script|title)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"<a\b[^>]*?href=\"([^\"]*)\"[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/tr)\b[^>]*>", re.IGNORECASE)


def render_mail(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return a mail's plain text and HTML, from ``notifications/mail/<name>.txt`` and ``.html``."""
    values = {"site_url": settings.SITE_URL, **context}
    text = render_to_string(f"notifications/mail/{name}.txt", values)
    page = render_to_string(f"notifications/mail/{name}.html", values)
    return _tidy(text), with_looks(page)


def wrapped(*, subject: str, text: str) -> str:
    """Return a plain text as HTML in the portal's look, its addresses as links."""
    linked = urlize(text, autoescape=True).replace("<a href=", '<a data-look="link" href=')
    content = linebreaksbr(mark_safe(linked))  # noqa: S308 -- escaped just now
    context = {"site_url": settings.SITE_URL, "subject": subject, "content": content}
    return with_looks(render_to_string("notifications/mail/plain.html", context))


def with_looks(page: str) -> str:
    """Write the looks that a template names into its elements."""
    return _LOOK.sub(lambda found: f'style="{LOOKS[found[1]]}"', page)


def plain_text(page: str) -> str:
    """Return what an HTML mail says, its links spelled out."""
    seen = _UNSEEN.sub("", page)
    seen = _LINK.sub(lambda found: f"{found[2]} ({found[1]})", seen)
    return _tidy(html.unescape(strip_tags(_BREAKS.sub("\n", seen))))


def absolute(url: str) -> str:
    """Return an address of the portal as people outside of it need it."""
    return urljoin(f"{settings.SITE_URL}/", url) if url else settings.SITE_URL


def one_line(text: str, *, limit: int = 150) -> str:
    """Return text as a subject: no line breaks or control characters, not endless."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def _tidy(text: str) -> str:
    lines = [" ".join(line.split(" ")).rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
