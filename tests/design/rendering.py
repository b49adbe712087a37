"""Rendering snippets of templates in tests."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory

LOADS = "{% load assets components navigation %}"
HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7|add:7 }}"


def render(source: str, **context: Any) -> str:
    """Render a snippet with the design system's tags loaded."""
    return Template(LOADS + source).render(Context(context))


def get(path: str = "/things/", **query: str) -> HttpRequest:
    """Return a plain request."""
    return RequestFactory().get(path, query)


class Elements(HTMLParser):
    """Every element of a document as (tag, attributes), and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return attributes of every ``tag`` that has these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [a for t, a in self.found if t == tag and wanted.items() <= a.items()]

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        """Return the attributes of the only such element."""
        matches = self.all(tag, **attributes)
        assert len(matches) == 1, f"{len(matches)} <{tag}> with {attributes}"
        return matches[0]

    def tags(self) -> set[str]:
        """Return the names of all elements."""
        return {tag for tag, _ in self.found}
