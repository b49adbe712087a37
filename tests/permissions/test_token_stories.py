"""What programs and their owners live through: rights told without the table."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import Token, User
from app.accounts.services import issue_token, revoke_token
from tests.api.conftest import Api
from tests.factories.archives import make_archive
from tests.factories.images import make_upload

pytestmark = pytest.mark.django_db


def _program(user: User, **limits: object) -> Client:
    plain = issue_token(user=user, name="Program", **limits).plain  # type: ignore[arg-type]
    return Client(headers={"authorization": f"Bearer {plain}"})


def test_a_reading_token_changes_nothing(user: User) -> None:
    archive = make_archive(editor=user)
    program = _program(user, access=Token.Access.READ)
    address = f"/api/v1/archives/{archive.pk}/"
    assert program.get(address).status_code == 200
    body = json.dumps({"title": "New"})
    assert program.patch(address, body, content_type="application/json").status_code == 403
    archive.refresh_from_db()
    assert archive.title != "New"


def test_a_token_for_one_area_stays_there(user: User) -> None:
    archive = make_archive(editor=user, cases=1)
    program = _program(user, areas=[Token.Area.READER_STUDIES])
    assert program.get("/api/v1/reader-studies/").status_code == 200
    assert program.get(f"/api/v1/archives/{archive.pk}/").status_code == 403
    image = archive.items.get().images[0]
    assert program.get(image.files.all()[0].url).status_code == 404


def test_a_token_reaches_no_further_than_its_owner(user: User, stranger: User) -> None:
    archive = make_archive(editor=user)
    program = _program(stranger, access=Token.Access.WRITE)
    assert program.get(f"/api/v1/archives/{archive.pk}/").status_code == 404


def test_a_revoked_token_is_told_so_at_once(user: User) -> None:
    issued = issue_token(user=user, name="Lost")
    program = Client(headers={"authorization": f"Token {issued.plain}"})
    assert program.get("/api/v1/archives/").status_code == 200
    revoke_token(actor=user, token=issued.token)
    answer = program.get("/api/v1/archives/")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication-failed")


def test_tokens_of_others_are_neither_seen_nor_ended(user: User, stranger: User) -> None:
    token = issue_token(user=user, name="Kept secret").token
    client = Client()
    client.force_login(stranger)
    assert b"Kept secret" not in client.get(reverse("accounts:tokens")).content
    assert client.post(reverse("accounts:end_token", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.is_live


def test_uploads_are_their_owner_s_alone(user: User, stranger: User) -> None:
    upload = make_upload(owner=user)
    api = Api(stranger)
    api.get(f"uploads/{upload.pk}/", status=404)
    assert api.get("uploads/")["results"] == []
    assert api.call("DELETE", f"uploads/{upload.pk}/").status_code == 404
    assert type(upload).objects.filter(pk=upload.pk).exists()


def test_a_malformed_key_looks_like_a_missing_one(user: User) -> None:
    api = Api(user)
    for path in ("archives/nothing/", "archives/00000000-0000-0000-0000-000000000000/"):
        api.get(path, status=404)
