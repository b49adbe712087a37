"""Whole pages: the frame, the style guide, the error pages, sign-in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from pytest_django.fixtures import Settings

from app.core.errors import LimitReached, NotFound
from app.design import views
from app.design.templatetags.navigation import SECTIONS
from tests.design.rendering import HOSTILE, Elements, get

STAFF = SimpleNamespace(is_authenticated=True, is_staff=True, username="admin", display_name="Alex")


def request_of(user: object, path: str = "/") -> HttpRequest:
    """A request by somebody."""
    request = get(path)
    request.user = user  # type: ignore[assignment]
    return request


def page_of(template: str, user: object = None, path: str = "/", **context: object) -> Elements:
    """Render a template as a page."""
    user = user or AnonymousUser()
    request = request_of(user, path)
    # The inbox counter asks the database; pages are drawn here without one.
    return Elements(render_to_string(template, {"user": user, **context, "request": request}))


def test_the_frame_has_landmarks_and_a_skip_link() -> None:
    page = page_of("design/base.html", user=STAFF, path="/archives/")
    assert page.one("a", class_="skip-link")["href"] == "#main"
    assert page.one("main")["id"] == "main"
    assert {"header", "footer", "nav"} <= page.tags()
    assert page.one("html")["lang"] == "en"


def test_the_main_navigation_leads_to_the_four_places() -> None:
    page = page_of("design/base.html", path="/archives/")
    links = [a for a in page.all("a") if a.get("aria-current") == "page"]
    assert {a["href"] for a in links} == {"/archives/"}
    for section in SECTIONS:
        assert section.label in page.text


def test_the_menu_signs_out_by_post() -> None:
    page = page_of("design/base.html", user=STAFF, unread_count=120)
    form = page.one("form", method="post")
    assert "sign-out" in (form["action"] or "")
    assert "Inbox, 120 unread" in page.text
    assert "99+" in page.text


def test_a_visitor_is_offered_to_sign_in() -> None:
    page = page_of("design/base.html")
    assert any("sign-in" in (a["href"] or "") for a in page.all("a"))
    assert page.all("form") == []


def test_pages_need_no_inline_script_or_style() -> None:
    page = page_of("design/style_guide.html", user=STAFF, **guide_context())
    assert [s for s in page.all("script") if "src" not in s] == []
    assert [a for _, a in page.found if "style" in a or any(k.startswith("on") for k in a)] == []
    assert "style" not in page.tags()


def test_ids_of_the_style_guide_are_unique() -> None:
    page = page_of("design/style_guide.html", user=STAFF, **guide_context())
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert sorted(ids, key=str) == sorted(set(ids), key=str)
    labels = [label["for"] for label in page.all("label") if "for" in label]
    assert set(labels) <= set(ids)


def guide_context() -> dict[str, Any]:
    """What the style guide shows."""
    from app.design import samples
    from app.design.components.states import LOOKS
    from app.design.icons import all_icons

    return {
        **samples.context(get()),
        "states": sorted(LOOKS),
        "icons": sorted(all_icons()),
        "error_pages": views.ERROR_PAGES,
    }


@pytest.mark.parametrize("user", [AnonymousUser(), SimpleNamespace(is_staff=False)])
def test_the_style_guide_is_for_staff(user: object, settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(NotFound):
        views.style_guide(request_of(user))


def test_missing_and_forbidden_look_alike() -> None:
    texts = {page_of(name).text for name in ("404.html", "403.html")}
    assert len(texts) == 1


@pytest.mark.parametrize("name", views.ERROR_PAGES)
def test_error_pages_say_what_to_do(name: str) -> None:
    page = page_of(f"{name}.html")
    assert "What to do next:" in page.text
    assert any(a["href"] == "/" for a in page.all("a"))


def test_the_last_resort_needs_no_context() -> None:
    assert "Something went wrong" in render_to_string("500.html")


def test_a_problem_shows_title_message_advice_and_code() -> None:
    error = LimitReached(HOSTILE, advice="Wait until tomorrow.")
    page = page_of("design/problem.html", error=error)
    for part in ("Limit reached", HOSTILE, "Wait until tomorrow.", "limit-reached"):
        assert part in page.text
    assert [s for s in page.all("script") if "src" not in s] == []


def test_the_dark_shell_is_bare() -> None:
    page = page_of("design/dark.html")
    assert page.one("html")["data-theme"] == "dark"
    assert not page.tags() & {"header", "footer", "nav"}
