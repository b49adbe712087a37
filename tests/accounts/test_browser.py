"""The pages of people in a real browser: fitting a desk and a phone, accessible, complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.accounts.services import set_picture
from app.people.models import Organization, Verification
from app.people.services import (
    accept_verification,
    build_export,
    confirmation_token,
    reject_verification,
    request_deletion,
    request_export,
    set_logo,
)
from tests.accounts.looking import faults_of
from tests.chromium import CHROMIUM
from tests.design.test_browser import go
from tests.factories.archives import make_archive
from tests.factories.people import (
    make_administrator,
    make_known_person,
    make_organization,
    make_picture,
    make_verification,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = (
    "Department of Radiology and Nuclear Medicine, Section of Thoracic and Cardiovascular Imaging"
)


@dataclass(frozen=True)
class People:
    """Who looks, and what there is to look at."""

    admin: User
    person: User
    leaving: User
    organization: Organization
    waiting: Verification
    accepted: Verification
    confirmation: str


@pytest.fixture
def people(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr(settings, "SITE_URL", live_server.url)
    admin = make_administrator(username="admin", first_name="Grace", last_name="Admin")
    person = make_known_person(
        username="ada.lovelace-with-a-long-name", first_name="Ada", last_name="Lovelace"
    )
    User.objects.filter(pk=person.pk).update(
        department=LONG, institution=f"Medical Center {LONG}", website="https://example.org/ada"
    )
    person.refresh_from_db()
    set_picture(user=person, data=make_picture(size=(300, 300)))
    organization = make_organization(
        editor=person,
        members=tuple(make_known_person() for _ in range(4)),
        title=f"Society of the {LONG}",
        description="Radiologists and engineers.\n\nSince 1923.",
        website="https://example.org",
        country="SE",
    )
    set_logo(actor=admin, organization=organization, data=make_picture(size=(300, 200)))
    make_archive(editor=person, title=f"Archive of {LONG}")
    waiting, unopened = make_verification(), make_verification(person, confirmed=False)
    accepted, rejected = make_verification(), make_verification()
    accept_verification(actor=admin, verification=accepted)
    reject_verification(actor=admin, verification=rejected, reason="Name your department.")
    leaving = make_known_person(username="leaving")
    build_export(request_export(user=leaving).pk)
    request_deletion(user=leaving)
    confirmation = confirmation_token(unopened)
    return People(admin, person, leaving, organization, waiting, accepted, confirmation)


@pytest.fixture
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def looks(people: People) -> list[tuple[str, str, str]]:
    """A name, the session of who looks, and at what; made before a browser brings its loop."""
    return [(name, session_of(user), path) for name, user, path in visits(people)]


def visits(people: People) -> list[tuple[str, User, str]]:
    organization = people.organization.pk
    return [
        ("profile", people.person, "/profile/"),
        ("person", people.admin, reverse("people:person", args=[people.person.username])),
        ("bare-person", people.person, reverse("people:person", args=["admin"])),
        ("picture", people.person, "/account/picture/"),
        ("no-picture", people.admin, "/account/picture/"),
        ("verification", people.person, "/account/verification/"),
        ("verification-incomplete", people.admin, "/account/verification/"),
        ("verification-waiting", people.waiting.user, "/account/verification/"),
        ("verification-done", people.accepted.user, "/account/verification/"),
        ("confirm", people.person, f"/account/verification/confirm/{people.confirmation}/"),
        ("queue", people.admin, "/account/verification/review/"),
        ("review", people.admin, reverse("people:review", args=[people.waiting.pk])),
        ("review-undo", people.admin, reverse("people:review", args=[people.accepted.pk])),
        ("organizations", people.admin, "/organizations/"),
        ("organization", people.person, f"/organizations/{organization}/"),
        ("organization-new", people.admin, "/organizations/new/"),
        ("organization-edit", people.admin, f"/organizations/{organization}/edit/"),
        ("organization-people", people.person, f"/organizations/{organization}/people/"),
        ("data-alone", people.person, "/account/data/"),
        ("data", people.accepted.user, "/account/data/"),
        ("data-leaving", people.leaving, "/account/data/"),
    ]


def test_every_page_is_sound(
    live_server: LiveServer, looks: list[tuple[str, str, str]], browser: Any
) -> None:
    found: list[str] = []
    for name, session, path in looks:
        page = signed_in_page(browser, live_server.url, session)
        errors: list[str] = []
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        page.on(
            "console",
            lambda line, errors=errors: line.type == "error" and errors.append(line.text),
        )
        answer = go(page, live_server.url + path)
        assert answer is not None
        found += [f"{name}: {answer.status}"] if answer.status != 200 else []
        found += faults_of(page, name)
        found += [f"{name}: {error}" for error in errors]
        page.context.close()
    assert found == []


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def signed_in_page(browser: Any, url: str, session: str) -> Page:
    context = browser.new_context()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}
    context.add_cookies([cookie])
    page: Page = context.new_page()
    return page
