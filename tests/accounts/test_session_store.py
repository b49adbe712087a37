"""A session and its person are read in one query, and whoever signed in is the session's to say."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.notifications.context import unread
from app.notifications.services import notify

pytestmark = pytest.mark.django_db
PAGE = "/archives/"


@pytest.fixture
def noted(signed_in: Client) -> Client:
    """A browser whose sign-in is noted, as it is from its first page on."""
    assert signed_in.get(PAGE).status_code == 200
    return signed_in


def person_at(client: Client) -> Any:
    answer = client.get(PAGE)
    return answer.context["user"] if answer.status_code == 200 else None


def test_one_query_for_session_person_and_news(noted: Client, user: User) -> None:
    notify(user=user, kind="images.import.finished", text="News")
    with CaptureQueriesContext(connection) as captured:
        page = noted.get(PAGE)
    assert page.context["unread_count"]() == 1
    for table in ("django_session", '"accounts_user"."password"', "notifications_notification"):
        assert sum(table in query["sql"] for query in captured.captured_queries) == 1, table


def test_who_signed_in_is_the_session_s_to_say(noted: Client, user: User, stranger: User) -> None:
    UserSession.objects.filter(user=user).update(user=stranger)
    assert person_at(noted) == user


def test_without_a_note_it_is_read_as_ever(noted: Client, user: User) -> None:
    UserSession.objects.all().delete()
    assert person_at(noted) == user


def test_an_expired_session_is_none(noted: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert person_at(noted) is None


def test_an_ended_session_is_none_though_it_is_noted(noted: Client, user: User) -> None:
    Session.objects.all().delete()
    assert UserSession.objects.filter(user=user).exists()
    assert person_at(noted) is None


def test_a_closed_account_is_signed_out(noted: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert person_at(noted) is None


def test_a_password_that_was_changed_ends_it(noted: Client, user: User) -> None:
    user.set_password("another phrase")
    user.save()
    assert person_at(noted) is None
    assert not Session.objects.exists()


def test_an_older_secret_key_still_counts(noted: Client, user: User, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "insecure-new-key-for-tests-only-" + "1" * 30
    assert person_at(noted) == user


def test_a_way_to_sign_in_that_was_taken_away_counts_no_more(noted: Client, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert person_at(noted) is None


@pytest.mark.parametrize(("method", "expected"), [("get", 5), ("post", 0)])
def test_what_changes_something_counts_the_news_anew(
    user: User, method: str, expected: int
) -> None:
    user.unread_notifications = 5  # type: ignore[attr-defined]
    request = getattr(RequestFactory(), method)("/")
    request.user = user
    assert unread(request)["unread_count"]() == expected
