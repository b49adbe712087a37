"""The main navigation: the four places of the portal."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse

register = template.Library()


@dataclass(frozen=True)
class Section:
    """One entry of the main navigation, by the name of its list page."""

    label: str
    url_name: str
    icon: str


SECTIONS = (
    Section("Archives", "archives:list", "archive"),
    Section("Reader studies", "reader_studies:list", "book-open"),
    Section("Algorithms", "algorithms:list", "cpu"),
    Section("Challenges", "challenges:list", "trophy"),
)


@dataclass(frozen=True)
class NavigationLink:
    """A section ready to draw; ``current`` is the value of ``aria-current``."""

    label: str
    href: str
    icon: str
    current: str


@register.simple_tag(takes_context=True)
def primary_navigation(context: Context) -> list[NavigationLink]:
    """The sections that this installation has, the one we are in marked."""
    request = context.get("request")
    path = request.path if request else ""
    links = []
    for section in SECTIONS:
        try:
            href = reverse(section.url_name)
        except NoReverseMatch:
            continue
        current = "page" if path == href else "true" if path.startswith(href) else ""
        links.append(NavigationLink(section.label, href, section.icon, current))
    return links
