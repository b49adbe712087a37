"""What viewer servers far away ask: see `viewer.gateway.base` for the meaning of each call."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.core.errors import ValidationFailed
from viewer.api.authentication import ServerAuthentication
from viewer.errors import SocketRefused
from viewer.gateway import wire
from viewer.gateway.base import LONGEST_TICKET, Refused
from viewer.servers import ViewerServer
from viewer.services import discard_pack, placing, run_session, seats

LONGEST_SEAT = 1000
MOST_IMAGES = 256


class KnockBody(serializers.Serializer[Any]):
    """Who is at the door."""

    session = serializers.UUIDField()
    ticket = serializers.CharField(max_length=LONGEST_TICKET)


class SeatBody(serializers.Serializer[Any]):
    """Whom a call is about."""

    seat = serializers.CharField(max_length=LONGEST_SEAT)


class ImagesBody(SeatBody):
    """Some images of what is shown."""

    images = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_IMAGES)


class ImageBody(SeatBody):
    """One image of what is shown."""

    image = serializers.UUIDField()


class KeepBody(ImagesBody):
    """Whether the reader did anything, and the images whose addresses will soon be too old."""

    active = serializers.BooleanField()


@extend_schema(exclude=True)
class ServerView(APIView):
    """A call that needs the token of a viewer server."""

    authentication_classes = (ServerAuthentication,)
    permission_classes = ()
    throttle_classes = ()

    @property
    def server(self) -> ViewerServer:
        """The server that asks."""
        return cast(ViewerServer, self.request.auth)

    def checked(self, by: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the body, checked by a serializer."""
        given = by(data=self.request.data)
        given.is_valid(raise_exception=True)
        found: dict[str, Any] = given.validated_data
        return found

    def guest(self, token: str) -> seats.Guest:
        """Return the guest that a seat's token speaks for."""
        return seats.guest_of(token, server=self.server.name)

    def handle_exception(self, exc: Exception) -> Response:
        """Hand a refusal on as what the socket is closed with."""
        if isinstance(exc, Refused):
            exc = SocketRefused(exc.code, exc.text)
        elif isinstance(exc, wire.ValidationError | ValueError):
            exc = ValidationFailed("The message cannot be read.")
        return super().handle_exception(exc)


class Beat(ServerView):
    """Signs of life."""

    def get(self, request: Request) -> Response:
        """Tell a server that is being set up that its token is right, and how it is called."""
        return Response({"name": self.server.name, "origin": self.server.origin})

    def post(self, request: Request) -> Response:
        """Note one, and say which sessions to look after."""
        beat = wire.read_beat(request.data)
        gone = placing.hear_viewer(
            beat.process,
            server=self.server.name,
            sessions=beat.sessions,
            sockets=beat.sockets,
            version=beat.version[:40],
            ending=beat.ending,
        )
        return Response(wire.dumped(wire.Gone(sessions=tuple(gone))))


class Knock(ServerView):
    """A reader at the door."""

    def post(self, request: Request) -> Response:
        """Take the ticket, and say all that is needed to begin."""
        said = self.checked(KnockBody)
        guest = seats.seat_by_ticket(
            said["ticket"], session=said["session"], server=self.server.name
        )
        showing = seats.showing_of(guest)
        packs = _packs(list(dict.fromkeys(layer.image_id for layer in showing.layers)))
        found = wire.Admission(token=guest.token, showing=showing, packs=packs)
        return Response(wire.dumped(found))


class Packs(ServerView):
    """How far packs are."""

    def post(self, request: Request) -> Response:
        """Say it, and where those that are ready can be read."""
        said = self.checked(ImagesBody)
        guest = self.guest(said["seat"])
        seats.check_images(guest, said["images"])
        return Response(wire.dumped(_packs(said["images"])))


class Discard(ServerView):
    """Packs that cannot be read."""

    def post(self, request: Request) -> Response:
        """Have one made again."""
        said = self.checked(ImageBody)
        seats.check_images(self.guest(said["seat"]), [said["image"]])
        discard_pack(said["image"])
        return Response({})


class Begin(ServerView):
    """Sessions whose slices can be sent."""

    def post(self, request: Request) -> Response:
        """Note one."""
        run_session(self.guest(self.checked(SeatBody)["seat"]).session)
        return Response({})


class Keep(ServerView):
    """Readers who want to stay."""

    def post(self, request: Request) -> Response:
        """Ask whether one may, and renew the addresses that they need."""
        said = self.checked(KeepBody)
        guest = self.guest(said["seat"])
        seats.let_stay(guest, active=said["active"])
        if said["images"]:
            seats.check_images(guest, said["images"])
        return Response(wire.dumped(wire.Packs(places=_places(said["images"]))))


def _packs(image_ids: Sequence[UUID]) -> wire.Packs:
    states = seats.states_of(image_ids)
    ready = [state.image_id for state in states if state.state == "ready"]
    return wire.Packs(states=tuple(states), places=_places(ready))


def _places(image_ids: Sequence[UUID]) -> tuple[Any, ...]:
    found = [seats.place_of(image_id) for image_id in image_ids]
    return tuple(place for place in found if place is not None)
