"""Components: what they render, and that nothing from outside becomes markup."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from app.design.components.buttons import literal_pattern
from tests.design.rendering import HOSTILE, Elements, render

DRAWING = {"svg", "path", "circle", "rect", "line", "polyline", "ellipse", "polygon"}


def test_a_button_is_a_button_and_a_link_is_a_link() -> None:
    assert Elements(render("{% button 'Save' %}")).one("button")["type"] == "button"
    link = Elements(render("{% button 'Open' href='/archives/' %}")).one("a")
    assert link["href"] == "/archives/"
    assert "type" not in link


def test_keywords_become_attributes() -> None:
    source = "{% button 'Go' type='submit' hx_post='/a?b=1&c=2' disabled=True hidden=False %}"
    button = Elements(render(source)).one("button")
    assert button["hx-post"] == "/a?b=1&c=2"
    assert button["type"] == "submit"
    assert "disabled" in button
    assert "hidden" not in button


def test_an_icon_button_keeps_its_name() -> None:
    page = Elements(render("{% button 'Remove' icon='trash-2' icon_only=True %}"))
    assert page.text.strip() == "Remove"
    assert page.one("button")["title"] == "Remove"


def test_an_unknown_kind_of_button_is_refused() -> None:
    with pytest.raises(ValueError, match="primary"):
        render("{% button 'Save' kind='loud' %}")


def test_actions_of_a_page_header_stay_markup() -> None:
    source = "{% page_header title='T' %} {% button 'New' href='/new/' %} {% endpage_header %}"
    assert Elements(render(source)).one("a")["href"] == "/new/"


def test_a_page_header_without_actions_has_no_box_for_them() -> None:
    page = Elements(render("{% page_header title='T' %}\n{% endpage_header %}"))
    assert page.all("div", class_="actions") == []


def test_the_indeterminate_bar_has_no_value() -> None:
    bar = Elements(render("{% progress label='Waiting' %}")).one("progress")
    assert "value" not in bar
    assert bar["aria-label"] == "Waiting"


@pytest.mark.parametrize(
    ("value", "maximum", "share"), [(0, 100, "0 %"), (1, 3, "33 %"), (9, 3, "100 %")]
)
def test_a_bar_says_its_share(value: int, maximum: int, share: str) -> None:
    page = Elements(render("{% progress value=v max=m label='x' %}", v=value, m=maximum))
    assert page.one("progress")["value"] == str(value)
    assert share in page.text


def test_a_bar_of_nothing_is_indeterminate_in_words() -> None:
    assert "%" not in Elements(render("{% progress value=0 max=0 label='x' %}")).text


def test_an_alert_of_danger_interrupts_and_others_do_not() -> None:
    assert Elements(render("{% alert tone='danger' %}x{% endalert %}")).all("div", role="alert")
    assert Elements(render("{% alert tone='info' %}x{% endalert %}")).all("div", role="status")


def test_an_alert_says_what_to_do_next() -> None:
    text = Elements(render("{% alert advice='Try again.' %}It failed.{% endalert %}")).text
    assert re.search(r"It failed\.\s+What to do next: Try again\.", text)


def test_the_current_tab_is_marked() -> None:
    second = "{% tab 'B' '/b' current=True count=0 %}"
    source = "{% tabs 'Parts' %}{% tab 'A' '/a' %}" + second + "{% endtabs %}"
    page = Elements(render(source))
    assert [a["href"] for a in page.all("a", aria_current="page")] == ["/b"]
    assert page.one("nav")["aria-label"] == "Parts"
    assert "B 0" in page.text


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Rosa Reyes", "RR"),
        ("rosa", "R"),
        ("Ana Maria de Souza", "AS"),
        ("", "?"),
        ("j.doe", "JD"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    person = SimpleNamespace(display_name=name, username="")
    assert Elements(render("{% avatar p %}", p=person if name else "")).text == initials


def test_a_confirm_dialog_posts_with_the_token_and_opens_without_scripts() -> None:
    source = (
        "{% button 'Delete' opens='gone' %}"
        "{% confirm_dialog id='gone' title='Sure?' action='/x/delete/' confirm_text=name %}"
        "Lost.{% endconfirm_dialog %}"
    )
    page = Elements(render(source, csrf_token="t0ken", name="Thorax (2026)"))
    assert page.one("button", popovertarget="gone", data_dialog_open="gone")
    form = page.one("form")
    assert (form["method"], form["action"]) == ("post", "/x/delete/")
    assert page.one("input", name="csrfmiddlewaretoken")["value"] == "t0ken"
    assert page.one("input", name="confirm")["pattern"] == r"Thorax \(2026\)"
    assert page.one("dialog")["aria-labelledby"] == "gone-title"


@pytest.mark.parametrize("text", ["a.b*c", "(x)[y]{z}", "^$|+?\\/", "plain-name & more #1"])
def test_a_literal_pattern_matches_only_its_text(text: str) -> None:
    pattern = re.compile(literal_pattern(text))
    assert pattern.fullmatch(text)
    assert not pattern.fullmatch(text + "x")
    assert r"\-" not in pattern.pattern  # refused by browsers in patterns


def test_a_log_keeps_its_text_as_text() -> None:
    page = Elements(render("{% log_block log hx_get='/log/' %}", log=HOSTILE))
    assert HOSTILE in page.text
    assert "script" not in page.tags()
    assert page.one("pre")["hx-get"] == "/log/"
    assert page.one("pre")["tabindex"] == "0"


@pytest.mark.parametrize(
    "source",
    [
        "{% button x icon='x' title=x data_x=x %}",
        "{% button x href=x %}",
        "{% badge x tone=x %}",
        "{% avatar x %}",
        "{{ x|person_name }}",
        "{% page_header title=x lead=x kicker=x state=x %}{% endpage_header %}",
        "{% card title=x data_x=x %}{{ x }}{% endcard %}",
        "{% stat x x hint=x href=x %}",
        "{% tabs x %}{% tab x x count=x %}{% endtabs %}",
        "{% facts %}{% fact x %}{{ x }}{% endfact %}{% endfacts %}",
        "{% description_list pairs %}",
        "{% alert tone=x title=x advice=x %}{{ x }}{% endalert %}",
        "{% empty_state title=x text=x %}{{ x }}{% endempty_state %}",
        "{% help_tip x %}{{ x }}{% endhelp_tip %}",
        "{% progress value=4 label=x detail=x data_x=x %}",
        "{% log_block x id=x label=x %}",
        "{% copy_field x label=x %}",
        "{% confirm_dialog id=x title=x action=x verb=x confirm_text=x %}{{ x }}"
        "{% endconfirm_dialog %}",
    ],
)
def test_hostile_text_never_becomes_markup(source: str) -> None:
    page = Elements(render(source, x=HOSTILE, pairs=[(HOSTILE, HOSTILE)]))
    assert not page.tags() & {"script", "img"}
    assert not [a for _, attributes in page.found for a in attributes if a.startswith("on")]
