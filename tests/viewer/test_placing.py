"""Which server a session is given to, and the tickets that open its sockets."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pydantic import ValidationError

from app.accounts.models import User
from app.audit.models import Event
from app.core.ids import new_id
from app.images.models import Image
from config.settings.environment import Environment
from config.settings.security import content_security_policy
from tests.viewer.conftest import MakeImage
from viewer.errors import ViewSessionEnded
from viewer.models import ViewerProcess, ViewSession
from viewer.selectors import viewer_servers
from viewer.servers import ViewerServer
from viewer.services import open_session, stop_session, tickets
from viewer.services.placing import (
    ALIVE,
    Whereabouts,
    forget_dead_processes,
    hear_viewer,
    live_servers,
    place,
)
from viewer.services.tickets import address_for, redeem_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
SERVERS = [
    {"name": "hall", "origin": "https://hall.example.org/", "weight": 2},
    {"name": "ward", "origin": "wss://ward.example.org", "networks": ["10.20.0.0/16"]},
    {"name": "tokyo", "origin": "wss://tokyo.example.org", "region": "asia", "token": "t" * 32},
]


@pytest.fixture
def servers(settings: Any) -> None:
    settings.VIEWER_SERVERS = [ViewerServer(**server) for server in SERVERS]


def alive(*names: str) -> None:
    for name in names:
        hear_viewer(new_id(), server=name, sessions=(), sockets=0)


def opened(user: User, image: Image, **where: str) -> ViewSession:
    return open_session(user=user, source="image", pk=image.pk, whereabouts=Whereabouts(**where))[0]


def test_without_servers_the_site_serves(reader: User, image: Image) -> None:
    session = opened(reader, image)
    found = address_for(session, with_cookie=True)
    assert (found.url, found.server) == (f"/ws/viewer/{session.pk}/", "")


@pytest.mark.usefixtures("servers")
def test_a_server_that_never_spoke_gets_nothing(reader: User, image: Image) -> None:
    assert opened(reader, image).server == ""


@pytest.mark.usefixtures("servers")
def test_sessions_are_spread_by_weight(reader: User, make_image: MakeImage, volume: Any) -> None:
    alive("hall", "ward")
    given = [opened(reader, make_image(volume)).server for _ in range(6)]
    assert (given.count("hall"), given.count("ward")) == (4, 2)


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize(
    ("where", "server"),
    [
        ({"region": "asia"}, "tokyo"),
        ({"address": "10.20.3.4"}, "ward"),
        ({"region": "asia", "address": "10.20.3.4"}, "tokyo"),
        ({"region": "mars", "address": "192.0.2.1"}, "hall"),
        ({"address": "not an address"}, "hall"),
    ],
)
def test_region_and_network_go_first(
    reader: User, image: Image, where: dict[str, str], server: str
) -> None:
    alive("hall", "ward", "tokyo")
    assert opened(reader, image, **where).server == server


@pytest.mark.usefixtures("servers")
def test_a_silent_server_loses_its_sessions(reader: User, image: Image) -> None:
    alive("tokyo")
    session = opened(reader, image)
    address_for(session)
    assert session.server == "tokyo"
    ViewerProcess.objects.update(last_seen=timezone.now() - ALIVE)
    assert live_servers() == frozenset()
    alive("hall")
    assert address_for(session).server == "hall"
    event = Event.objects.get(name="viewer.session.moved")
    assert (event.data["before"], event.data["after"]) == ("tokyo", "hall")


@pytest.mark.usefixtures("servers")
def test_a_session_stays_where_it_is_and_leaves_what_failed(reader: User, image: Image) -> None:
    alive("hall", "ward")
    session = opened(reader, image)
    first = session.server
    assert place(session) == first
    assert place(session, failed="tokyo") == first, "another window was served by that one"
    second = place(session, failed=first)
    assert {first, second} == {"hall", "ward"}
    ViewerProcess.objects.filter(server=first).delete()
    assert place(session, failed=second) == "", "the site is the last that is left"


@pytest.mark.usefixtures("servers")
def test_a_process_hears_which_sessions_to_let_go(
    reader: User, make_image: MakeImage, volume: Any
) -> None:
    process = new_id()
    hear_viewer(process, server="hall", sessions=(), sockets=0)
    live, stopped, moved = (opened(reader, make_image(volume)) for _ in range(3))
    stop_session(stopped, reason="Done.")
    alive("ward")
    place(moved, failed="hall")
    unknown = new_id()
    held = [live.pk, stopped.pk, moved.pk, unknown]
    gone = hear_viewer(process, server="hall", sessions=held, sockets=4)
    assert set(gone) == {stopped.pk, moved.pk, unknown}
    rows = {row.name: row for row in viewer_servers()}
    assert (rows["hall"].sockets, rows["hall"].sessions, rows["hall"].is_alive) == (4, 1, True)
    assert not rows["tokyo"].is_alive
    hear_viewer(process, server="hall", sessions=(), sockets=0, ending=True)
    assert "hall" not in live_servers()


def test_the_dead_are_forgotten() -> None:
    alive("old", "new")
    long_ago = timezone.now() - timedelta(hours=1)
    ViewerProcess.objects.filter(server="old").update(last_seen=long_ago)
    assert forget_dead_processes() == 1
    assert [process.server for process in ViewerProcess.objects.all()] == ["new"]


class TestTickets:
    def ticket(self, session: ViewSession, server: str = "hall", browser: str = "") -> str:
        return tickets.issue_ticket(session, server=server, browser_session=browser)

    def test_one_opens_one_socket(self, reader: User, image: Image) -> None:
        session = opened(reader, image)
        text = self.ticket(session)
        found = redeem_ticket(text, session=session.pk, server="hall")
        assert found is not None
        assert (found.user, found.number) == (reader.pk, 1)
        assert redeem_ticket(text, session=session.pk, server="hall") is None

    def test_a_newer_one_overtakes_an_older(self, reader: User, image: Image) -> None:
        session = opened(reader, image)
        older, newer = self.ticket(session), self.ticket(session)
        assert redeem_ticket(newer, session=session.pk, server="hall") is not None
        assert redeem_ticket(older, session=session.pk, server="hall") is None

    def test_it_is_made_out_to_session_and_server(
        self, reader: User, image: Image, make_image: MakeImage, volume: Any
    ) -> None:
        session, other = opened(reader, image), opened(reader, make_image(volume))
        text = self.ticket(session)
        self.ticket(other)
        assert redeem_ticket(text, session=other.pk, server="hall") is None
        assert redeem_ticket(text, session=session.pk, server="ward") is None
        assert redeem_ticket(text, session=session.pk, server="") is None
        assert redeem_ticket(text, session=session.pk, server="hall") is not None

    @pytest.mark.parametrize("fault", ["late", "forged", "changed", "empty", "odd"])
    def test_what_is_no_ticket_opens_nothing(
        self, reader: User, image: Image, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        session = opened(reader, image)
        text = self.ticket(session)
        said = [session.pk.hex, reader.pk, "hall", 1, ""]
        if fault == "late":
            monkeypatch.setattr(tickets, "GOOD_FOR", -1)
        text = {
            "late": text,
            "forged": signing.dumps(said, salt="another"),
            "changed": "A" + text[1:],
            "empty": "",
            "odd": signing.dumps({"a": 1}, salt=tickets.SALT),
        }[fault]
        assert redeem_ticket(text, session=session.pk, server="hall") is None

    def test_it_does_not_tell_the_sign_in_and_ends_with_it(
        self, client: Client, reader: User, image: Image
    ) -> None:
        client.force_login(reader)
        client.get(reverse("viewer:sessions"))
        key = str(client.session.session_key)
        text = self.ticket(opened(reader, image), browser=key)
        assert key not in signing.b64_decode(text.split(":")[0].encode()).decode("latin-1")
        assert tickets.is_signed_in_still(reader, tickets.digest_of(key))
        assert not tickets.is_signed_in_still(reader, tickets.digest_of("another"))
        Session.objects.all().delete()
        assert not tickets.is_signed_in_still(reader, tickets.digest_of(key))

    def test_an_ended_session_has_no_address(self, reader: User, image: Image) -> None:
        session = opened(reader, image)
        stop_session(session, reason="Done.")
        with pytest.raises(ViewSessionEnded, match="Done"):
            address_for(session)


class TestConfiguration:
    def test_it_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VIEWER_SERVERS", json.dumps(SERVERS))
        read = Environment().viewer_servers
        assert [server.origin for server in read] == [
            "wss://hall.example.org",
            "wss://ward.example.org",
            "wss://tokyo.example.org",
        ]
        assert "t" * 32 not in repr(read)

    @pytest.mark.parametrize(
        ("server", "said"),
        [
            ({"name": "A b", "origin": "wss://a.example"}, "lower-case"),
            ({"name": "a", "origin": "ftp://a.example"}, "looks like"),
            ({"name": "a", "origin": "wss://a.example/path"}, "looks like"),
            ({"name": "a", "origin": "wss://a.example; script-src *"}, "a scheme, a host"),
            ({"name": "a", "origin": "wss://a.example", "token": "short"}, "at least"),
            ({"name": "a", "origin": "wss://a.example", "networks": ["10.0.0.0/99"]}, "network"),
            ({"name": "hall", "origin": "wss://a.example"}, "a name of its own"),
            ({"name": "a", "origin": "wss://a.example", "token": "t" * 32}, "one of its own"),
            ({"name": "a", "origin": "ws://a.example"}, "use wss"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, server: dict[str, Any], said: str
    ) -> None:
        monkeypatch.setenv("SITE_URL", "https://portal.example.org")
        monkeypatch.setenv("VIEWER_SERVERS", json.dumps([*SERVERS, server]))
        with pytest.raises(ValidationError, match=said):
            Environment()

    def test_pages_may_open_sockets_there(self) -> None:
        policy = content_security_policy(
            site_url="https://portal.example.org",
            storage_url="file:///media",
            delivery_domain="",
            viewers=["wss://hall.example.org"],
        )
        assert "wss://hall.example.org" in policy["DIRECTIVES"]["connect-src"]
        assert "wss://hall.example.org" not in policy["DIRECTIVES"]["script-src"]
