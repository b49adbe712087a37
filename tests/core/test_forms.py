"""Fields as the house writes them."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms

from app.core.forms import LongSelect

CHOICES = [("", "Choose <one>"), (1, "Anna & Bo"), ('b"', "O\u2019Neill"), (3, "")]


class Parts(HTMLParser):
    """Everything in a piece of markup but blanks and the order of attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(data.strip())


@pytest.mark.parametrize("value", [None, "", 1, "1", 'b"', "unknown"])
@pytest.mark.parametrize("attrs", [{}, {"class": "input", "required": True, "data-x": "<&>"}])
def test_a_long_select_says_what_django_s_says(value: Any, attrs: dict[str, Any]) -> None:
    ours = LongSelect(choices=CHOICES).render("who", value, attrs)
    theirs = forms.Select(choices=CHOICES).render("who", value, attrs)
    assert Parts(ours).found == Parts(theirs).found
