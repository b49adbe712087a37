"""View sessions over the API and on the page that lists them; the small API of viewer servers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Token, User
from app.accounts.services import issue_token
from app.core.ids import new_id
from app.images.models import Image
from tests.viewer.conftest import OverlaySource
from viewer.models import ViewerProcess, ViewSession
from viewer.registry import Layer
from viewer.servers import ViewerServer
from viewer.services import open_session, stop_session
from viewer.services.packs import make_pack
from viewer.services.placing import hear_viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
LIST = "/api/v1/workstations/sessions/"
TOKEN, OTHER = "t" * 32, "u" * 32


@pytest.fixture
def signed_in(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


@pytest.fixture
def far(settings: Any) -> None:
    """Two servers without keys, one of which is alive."""
    settings.VIEWER_SERVERS = [
        ViewerServer(name="far", origin="wss://far.example.org", token=TOKEN),
        ViewerServer(name="other", origin="wss://other.example.org", token=OTHER),
    ]
    hear_viewer(new_id(), server="far", sessions=(), sockets=0)


def sent(client: Client, path: str, *, token: str = "", **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(path, body, content_type="application/json", headers=headers)


def seat(client: Client, session: ViewSession, **body: Any) -> Any:
    """Open a session's address and trade its ticket at the far server's API."""
    url = sent(client, f"{LIST}{session.pk}/address/").json()["socket_url"]
    body = {"session": str(session.pk), "ticket": url.split("ticket=")[1].replace("%3A", ":")}
    return sent(Client(), "/api/v1/viewer/seats/", token=TOKEN, **body)


class TestApi:
    def test_a_session_is_opened_once(self, signed_in: Client, image: Image) -> None:
        first = sent(signed_in, LIST, source="image", object=str(image.pk))
        again = sent(signed_in, LIST, source="image", object=str(image.pk))
        assert (first.status_code, again.status_code) == (201, 201)
        said = first.json()
        assert said["pk"] == again.json()["pk"]
        assert said["status"] == "Started"
        assert said["socket_url"] == f"/ws/viewer/{said['pk']}/"
        assert said["url"].endswith(f"/view/image/{image.pk}/")
        assert signed_in.get(LIST, {"status": "started"}).json()["count"] == 1
        assert signed_in.get(LIST, {"status": "stopped"}).json()["count"] == 0

    def test_a_program_gets_a_ticket_for_the_site_itself(self, reader: User, image: Image) -> None:
        token = issue_token(user=reader, name="script", access=Token.Access.WRITE).plain
        said = sent(Client(), LIST, token=token, source="image", object=str(image.pk)).json()
        assert "ws://" in said["socket_url"]
        assert "ticket=" in said["socket_url"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"source": "image"}, 400),
            ({"source": "image", "object": "7"}, 400),
            ({"source": "unknown", "object": "00000000-0000-0000-0000-000000000007"}, 404),
            ({"source": "image", "object": "00000000-0000-0000-0000-000000000007"}, 404),
        ],
    )
    def test_what_cannot_be_opened(
        self, signed_in: Client, body: dict[str, str], status: int
    ) -> None:
        assert sent(signed_in, LIST, **body).status_code == status

    def test_a_session_is_kept_and_stopped(
        self, signed_in: Client, reader: User, image: Image
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        soon = timezone.now() + timedelta(minutes=1)
        ViewSession.objects.filter(pk=session.pk).update(expires_at=soon)
        assert signed_in.patch(f"{LIST}{session.pk}/keep_alive/").status_code == 200
        session.refresh_from_db()
        assert session.expires_at > soon
        assert signed_in.delete(f"{LIST}{session.pk}/").status_code == 204
        said = signed_in.get(f"{LIST}{session.pk}/").json()
        assert said["status"] == "Stopped"
        assert "You stopped" in said["error_message"]
        assert signed_in.patch(f"{LIST}{session.pk}/keep_alive/").status_code == 409
        assert sent(signed_in, f"{LIST}{session.pk}/address/").status_code == 409

    def test_it_ends_after_its_longest_life(
        self, signed_in: Client, reader: User, image: Image, settings: Any
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        begun = timezone.now() - timedelta(seconds=settings.VIEWER_LONGEST_SECONDS)
        ViewSession.objects.filter(pk=session.pk).update(created=begun)
        signed_in.patch(f"{LIST}{session.pk}/keep_alive/")
        said = signed_in.get(f"{LIST}{session.pk}/").json()
        assert said["status"] == "Stopped"
        assert "longest time there is, 12 hours" in said["error_message"]

    def test_another_readers_session_is_none(
        self, client: Client, stranger: User, reader: User, image: Image
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        client.force_login(stranger)
        assert client.get(f"{LIST}{session.pk}/").status_code == 404
        assert sent(client, f"{LIST}{session.pk}/address/").status_code == 404
        assert client.delete(f"{LIST}{session.pk}/").status_code == 404


class TestPage:
    def test_it_lists_and_stops(self, signed_in: Client, reader: User, image: Image) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        page = signed_in.get(reverse("viewer:sessions")).content.decode()
        assert "Thorax" in page
        assert reverse("viewer:open", args=["image", image.pk]) in page
        assert "This site" in page
        done = signed_in.post(reverse("viewer:stop", args=[session.pk]))
        assert done["Location"] == reverse("viewer:sessions")
        after = signed_in.get(reverse("viewer:sessions")).content.decode()
        assert "Stopped" in after
        assert reverse("viewer:stop", args=[session.pk]) not in after

    def test_what_was_withdrawn_is_not_named(
        self, signed_in: Client, reader: User, image: Image, overlay_source: OverlaySource
    ) -> None:
        overlay_source.sets[image.pk] = (Layer(image.pk, "Thorax"),)
        overlay_source.readers.add(reader.pk)
        open_session(user=reader, source=overlay_source.key, pk=image.pk)
        overlay_source.readers.clear()
        page = signed_in.get(reverse("viewer:sessions")).content.decode()
        assert "Case 7" not in page
        assert "no access to any more" in page


@pytest.mark.usefixtures("far")
class TestServers:
    def test_the_page_names_the_server(self, signed_in: Client, reader: User, image: Image) -> None:
        text = signed_in.get(reverse("viewer:open", args=["image", image.pk])).content.decode()
        assert 'data-server="far"' in text
        assert 'data-socket-url="wss://far.example.org/ws/viewer/' in text
        assert "/address/" in text

    def test_a_ticket_is_traded_for_all_that_is_needed(
        self, signed_in: Client, reader: User, image: Image
    ) -> None:
        make_pack(image.pk)
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        said = seat(signed_in, session).json()
        assert said["showing"]["title"] == "Thorax"
        assert said["showing"]["layers"][0]["window"] == {"center": 40.0, "width": 400.0}
        (place,) = said["packs"]["places"]
        assert "Signature=" in place["url"]
        kept = sent(
            Client(),
            "/api/v1/viewer/seats/keep/",
            token=TOKEN,
            seat=said["token"],
            active=True,
            images=[str(image.pk)],
        )
        assert kept.json()["places"][0]["name"] == place["name"]

    @pytest.mark.parametrize("token", ["", "x" * 32, OTHER])
    def test_a_seat_counts_with_its_servers_token_alone(
        self, signed_in: Client, reader: User, image: Image, token: str
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        token_of_seat = seat(signed_in, session).json()["token"]
        for path in ("begin/", "keep/", "packs/"):
            body = {"seat": token_of_seat, "active": True, "images": []}
            answer = sent(Client(), f"/api/v1/viewer/seats/{path}", token=token, **body)
            assert answer.status_code == (410 if token == OTHER else 401)

    def test_no_address_of_an_image_that_is_not_shown(
        self, signed_in: Client, reader: User, image: Image
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        token_of_seat = seat(signed_in, session).json()["token"]
        for path in ("packs/", "keep/"):
            body = {"seat": token_of_seat, "active": True, "images": [str(new_id())]}
            answer = sent(Client(), f"/api/v1/viewer/seats/{path}", token=TOKEN, **body)
            assert (answer.status_code, answer.json()["close"]) == (410, 4404)

    @pytest.mark.parametrize(
        ("end", "close"), [("stopped", 4408), ("gone", 4404), ("moved", 4410), ("inactive", 4408)]
    )
    def test_who_may_not_stay_hears_why(
        self, signed_in: Client, reader: User, image: Image, end: str, close: int
    ) -> None:
        session, _ = open_session(user=reader, source="image", pk=image.pk)
        token_of_seat = seat(signed_in, session).json()["token"]
        if end == "stopped":
            stop_session(session, reason="Done.")
        elif end == "gone":
            session.delete()
        elif end == "moved":
            ViewSession.objects.update(server="other")
        else:
            User.objects.filter(pk=reader.pk).update(is_active=False)
        body = {"seat": token_of_seat, "active": True, "images": []}
        answer = sent(Client(), "/api/v1/viewer/seats/keep/", token=TOKEN, **body)
        assert (answer.status_code, answer.json()["close"]) == (410, close)

    def test_signs_of_life(self, reader: User, image: Image) -> None:
        process, unknown = new_id(), new_id()
        body = {"process": str(process), "sessions": [str(unknown)], "sockets": 3}
        answer = sent(Client(), "/api/v1/viewer/servers/beat/", token=TOKEN, **body)
        assert answer.json() == {"sessions": [str(unknown)]}
        assert ViewerProcess.objects.get(pk=process).sockets == 3
        for wrong in ({}, {"process": "7"}, {**body, "sockets": -1}, {**body, "sessions": 7}):
            answer = sent(Client(), "/api/v1/viewer/servers/beat/", token=TOKEN, **wrong)
            assert answer.status_code == 400
        named = Client().get(
            "/api/v1/viewer/servers/beat/", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert named.json()["name"] == "far"
