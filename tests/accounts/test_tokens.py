"""API tokens: shown once, kept as a hash, limited, and gone when revoked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Token, User
from app.accounts.services import issue_token, recognize_token, revoke_token
from app.audit.models import Event
from app.core.errors import LimitReached, PortalError
from tests.factories.images import make_image

pytestmark = pytest.mark.django_db
UPLOADS = "/api/v1/uploads/"


def ask(plain: str, *, scheme: str = "Bearer", path: str = UPLOADS, method: str = "GET") -> int:
    headers = {"authorization": f"{scheme} {plain}"}
    body = {"filename": "a.mha"} if method == "POST" else None
    sent = Client(headers=headers).generic(
        method, path, b'{"filename": "a.mha"}' if body else b"", content_type="application/json"
    )
    return sent.status_code


class TestKeeping:
    def test_the_plain_text_is_kept_nowhere(self, user: User) -> None:
        issued = issue_token(user=user, name="laptop")
        assert len(issued.plain) == 64
        row = Token.objects.values().get()
        assert issued.plain not in str(row)
        assert issued.plain not in str(list(Event.objects.values()))
        assert row["lookup"] == issued.plain[:8]

    @pytest.mark.parametrize("length", [40, 64])
    def test_a_given_plain_text(self, user: User, length: int) -> None:
        plain = "0123456789abcdef" * 4
        issue_token(user=user, name="seed", plain=plain[:length])
        assert recognize_token(plain[:length].upper()) is not None
        assert recognize_token(plain[: length - 1] + "0") is None

    @pytest.mark.parametrize("plain", ["abc", "z" * 40, "0" * 41, "0" * 39 + "\n"])
    def test_a_malformed_plain_text(self, user: User, plain: str) -> None:
        with pytest.raises(PortalError):
            issue_token(user=user, name="seed", plain=plain)

    def test_same_beginnings_are_told_apart(self, user: User) -> None:
        first, second = "0" * 8 + "a" * 32, "0" * 8 + "b" * 32
        made = [issue_token(user=user, name=p[-1], plain=p).token for p in (first, second)]
        assert [recognize_token(p) for p in (first, second)] == made

    def test_there_is_an_end_to_how_many(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.accounts.services.tokens.MOST", 1)
        issued = issue_token(user=user, name="one")
        with pytest.raises(LimitReached):
            issue_token(user=user, name="two")
        revoke_token(actor=user, token=issued.token)
        issue_token(user=user, name="two")


class TestHeader:
    @pytest.mark.parametrize("scheme", ["Bearer", "BEARER", "bearer", "TOKEN", "token"])
    def test_any_letter_case(self, user: User, scheme: str) -> None:
        assert ask(issue_token(user=user, name="a").plain, scheme=scheme) == 200

    @pytest.mark.parametrize("plain", ["nothex", "0" * 40, "0" * 64, "0" * 40 + " x", "", "é"])
    def test_what_is_no_token_is_refused(self, user: User, plain: str) -> None:
        issue_token(user=user, name="a")
        response = Client(headers={"authorization": f"Bearer {plain}"}).get(UPLOADS)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert response["Content-Type"] == "application/problem+json"

    def test_a_bad_token_is_not_helped_by_a_session(self, signed_in: Client) -> None:
        refused = signed_in.get(UPLOADS, headers={"authorization": "Bearer nothex"})
        assert refused.status_code == 401

    def test_ended_tokens(self, user: User) -> None:
        issued = issue_token(user=user, name="a")
        assert ask(issued.plain) == 200
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert ask(issued.plain) == 401
        User.objects.filter(pk=user.pk).update(is_active=True)
        Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert ask(issued.plain) == 401
        Token.objects.update(expires_at=None)
        revoke_token(actor=user, token=issued.token)
        assert ask(issued.plain) == 401

    def test_its_use_is_noted_once_a_minute(self, user: User) -> None:
        issued = issue_token(user=user, name="a")
        ask(issued.plain)
        first = Token.objects.get().last_used_at
        assert first is not None
        ask(issued.plain)
        assert Token.objects.get().last_used_at == first


class TestLimits:
    def test_a_reading_token_does_not_write(self, user: User) -> None:
        reading = issue_token(user=user, name="r").plain
        writing = issue_token(user=user, name="w", access=Token.Access.WRITE).plain
        assert ask(reading, method="POST") == 403
        assert ask(writing, method="POST") == 201

    def test_areas(self, user: User) -> None:
        elsewhere = issue_token(user=user, name="a", areas=["archives"]).plain
        here = issue_token(user=user, name="b", areas=["archives", "uploads"]).plain
        assert (ask(elsewhere), ask(here)) == (403, 200)

    def test_files_ask_the_token_too(self, user: User) -> None:
        path = make_image(owner=user).files.get(kind="MHA").url
        assert ask(issue_token(user=user, name="a").plain, path=path) == 302
        narrow = issue_token(user=user, name="b", areas=["uploads"]).plain
        assert ask(narrow, path=path) == 404
        assert ask("0" * 40, path=path) == 401

    def test_callers_are_counted(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        from app.accounts.authentication import CallerThrottle

        monkeypatch.setattr(CallerThrottle, "THROTTLE_RATES", {"caller": "2/min"})
        first, second = (issue_token(user=user, name=n).plain for n in "ab")
        assert [ask(first) for _ in range(3)] == [200, 200, 429]
        assert ask(second) == 200
        response = Client(headers={"authorization": f"Bearer {first}"}).get(UPLOADS)
        assert int(response["Retry-After"]) > 0


class TestPages:
    def test_made_shown_listed_revoked(self, signed_in: Client, user: User) -> None:
        given = {"name": "laptop", "access": "WRITE", "areas": ["uploads"], "days": "30"}
        page = signed_in.post(reverse("accounts:create_token"), given)
        plain = page.context["issued"].plain
        assert plain in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        token = Token.objects.get()
        assert (token.access, token.areas) == ("WRITE", ["uploads"])
        assert token.expires_at is not None
        listed = signed_in.get(reverse("accounts:tokens")).content.decode()
        assert "laptop" in listed
        assert plain not in listed
        signed_in.post(reverse("accounts:end_token", args=[token.pk]))
        assert ask(plain) == 401

    def test_somebody_elses_token(self, signed_in: Client, stranger: User) -> None:
        token = issue_token(user=stranger, name="theirs").token
        assert signed_in.post(reverse("accounts:end_token", args=[token.pk])).status_code == 404
        assert "theirs" not in signed_in.get(reverse("accounts:tokens")).content.decode()
        token.refresh_from_db()
        assert token.is_live

    def test_limits_are_told_on_the_form(
        self, signed_in: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.accounts.services.tokens.MOST", 0)
        given = {"name": "x", "access": "READ", "days": "0"}
        page = signed_in.post(reverse("accounts:create_token"), given)
        assert "Revoke those" in page.content.decode()
