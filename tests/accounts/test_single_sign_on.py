"""Signing in with accounts elsewhere, against a provider that really signs its tokens."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.test import Client

from app.accounts.models import User
from tests.factories.accounts import UserFactory, sign_in

pytestmark = pytest.mark.django_db


@dataclass
class Provider:
    """A small OpenID Connect provider: it knows one person."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def answer(self, path: str, body: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                **{
                    f"{name}_endpoint": f"{self.url}/{name}"
                    for name in ("authorization", "token", "userinfo")
                },
                "jwks_uri": f"{self.url}/keys",
            }
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}
        if path == "/token":
            self.asked = {name: values[0] for name, values in parse_qs(body).items()}
            return {
                "access_token": "opaque",
                "token_type": "Bearer",
                "expires_in": 60,
                "id_token": self.id_token(),
            }
        return self.person

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "hounsfield", "iat": now, "exp": now + 60, **self.person}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[Provider]:
    found = Provider(
        person={"sub": "42", "email": "grace@example.org", "email_verified": True, "name": "Grace"}
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply("")

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, body: str) -> None:
            content = json.dumps(found.answer(urlsplit(self.path).path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    app = {
        "provider_id": "clinic",
        "name": "The Clinic",
        "client_id": "hounsfield",
        "secret": "s",
        "settings": {"server_url": found.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    yield found
    server.shutdown()
    server.server_close()
    thread.join(10)


def through(client: Client, **callback: str) -> Any:
    """Press the button, be sent to the provider, and come back with its code."""
    assert "Sign in with The Clinic" in client.get("/sign-in/").content.decode()
    sent = client.post("/sign-in/oidc/clinic/")["Location"]
    asked = parse_qs(urlsplit(sent).query)
    assert "code_challenge" in asked, "with proof of possession (PKCE)"
    query = {"code": "c", "state": asked["state"][0]} | callback
    return client.get("/sign-in/oidc/clinic/back/", query)


def test_an_unknown_person_chooses_a_name_and_is_in(client: Client, provider: Provider) -> None:
    assert through(client)["Location"] == "/sign-up/elsewhere/"
    form = client.get("/sign-up/elsewhere/")
    assert form.status_code == 200
    client.post("/sign-up/elsewhere/", {"username": "grace", "email": "grace@example.org"})
    user = User.objects.get()
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not user.has_usable_password()
    assert provider.asked["code_verifier"]
    again = Client()
    through(again)
    assert again.session["_auth_user_id"] == str(user.pk)


def test_an_account_that_is_there_is_never_taken_over(client: Client, provider: Provider) -> None:
    owner = UserFactory(email="grace@example.org")
    through(client)
    client.post("/sign-up/elsewhere/", {"username": "grace", "email": "grace@example.org"})
    assert client.session.get("_auth_user_id") != str(owner.pk)
    assert not owner.socialaccount_set.exists()


@pytest.mark.parametrize("change", [{"state": "forged"}, {"error": "access_denied", "code": ""}])
def test_a_forged_or_refused_answer(
    client: Client, provider: Provider, change: dict[str, str]
) -> None:
    response = through(client, **change)
    assert response.status_code in (302, 401, 403)
    assert "_auth_user_id" not in client.session
    assert not User.objects.exists()


def test_connected_by_who_is_signed_in(client: Client, user: User, provider: Provider) -> None:
    sign_in(client, user)
    sent = client.post("/sign-in/oidc/clinic/?process=connect")["Location"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    client.get("/sign-in/oidc/clinic/back/", {"code": "c", "state": state})
    assert user.socialaccount_set.get().uid == "42"
    other = Client()
    through(other)
    assert other.session["_auth_user_id"] == str(user.pk)


def test_without_a_provider_there_is_no_button_and_no_address(client: Client) -> None:
    assert "Sign in with The" not in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/oidc/clinic/").status_code == 404
    assert client.get("/sign-in/orcid/").status_code == 404


def test_who_came_from_elsewhere_can_choose_a_password(client: Client, provider: Provider) -> None:
    through(client)
    client.post("/sign-up/elsewhere/", {"username": "grace", "email": "grace@example.org"})
    assert "Choose a password" in client.get("/account/security/").content.decode()
    password = "a quite long sentence of words"
    given = {"password1": password, "password2": password}
    assert client.post("/account/password/set/", given).status_code == 302
    assert User.objects.get().check_password(password)


@pytest.mark.parametrize("path", ["/account/password/set/", "/account/passkeys/add/"])
def test_a_stale_sign_in_elsewhere_sets_up_nothing(
    client: Client, provider: Provider, settings: LazySettings, path: str
) -> None:
    through(client)
    client.post("/sign-up/elsewhere/", {"username": "grace", "email": "grace@example.org"})
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    response = client.get(path)
    assert response.status_code == 403
    assert "sign in again" in response.content.decode().lower()


def test_whoever_has_nothing_to_show_here_is_told_to_sign_in_again(client: Client) -> None:
    user = UserFactory()
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    response = client.get("/profile/tokens/new/")
    assert response.status_code == 403
    assert "sign in again" in response.content.decode().lower()
