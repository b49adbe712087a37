"""``{% vite_asset "site" %}`` and ``{% icon "archive" %}``."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from app.design import assets
from app.design.components import markup

register = template.Library()


def frontend_url(file: str) -> str:
    """Address of a built file: the build folder is one of the folders of static files."""
    return static(file)


@register.simple_tag
def vite_asset(entry: str) -> SafeString:
    """Style sheets, module preloads and the script of one Vite entry."""
    manifest = assets.load_manifest()
    files = assets.entry_files(manifest, entry) if manifest else None
    if files is None:
        return format_html("<!-- front end entry {} is not built -->", entry.replace("-", "_"))
    return mark_safe(  # noqa: S308 - joined from escaped parts
        format_html_join(
            "\n",
            '<link rel="stylesheet" href="{}">',
            ((frontend_url(f),) for f in files.styles),
        )
        + "\n"
        + format_html_join(
            "\n",
            '<link rel="modulepreload" href="{}">',
            ((frontend_url(f),) for f in files.preloads),
        )
        + "\n"
        + (
            format_html('<script type="module" src="{}"></script>', frontend_url(files.script))
            if files.script
            else ""
        )
    )


@register.simple_tag
def icon(name: str, size: int = 18, label: str = "", css: str = "") -> SafeString:
    """An icon; decoration unless it has a label."""
    return markup.icon(name, size=size, label=label, css=css)
