"""What workers ask: see `app.execution.gateway.base` for the meaning of each call."""

from pathlib import Path
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.core.api.views import key_of
from app.core.errors import ValidationFailed
from app.core.leases import LeaseLost
from app.execution.api.authentication import REFUSED, RunAuthentication, WorkerAuthentication
from app.execution.api.errors import RunGone
from app.execution.contract import Capacity, CollectedOutput, OutputKind
from app.execution.gateway import wire
from app.execution.services import assignments, next_cases
from app.execution.services.welcoming import welcome


class CapacityBody(serializers.Serializer[Any]):
    """What a worker has: processors, bytes of memory, bytes of each GPU."""

    cpus = serializers.FloatField(min_value=0, max_value=100_000)
    memory = serializers.IntegerField(min_value=0, max_value=2**60)
    gpus = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=2**60), max_length=64
    )

    def to_internal_value(self, data: Any) -> Capacity:
        """Return it as the contract has it."""
        said = super().to_internal_value(data)
        return Capacity(cpus=said["cpus"], memory=said["memory"], gpus=tuple(said["gpus"]))


class BeatBody(serializers.Serializer[Any]):
    """A worker's sign of life; an older one says less."""

    name = serializers.CharField(max_length=200)
    queues = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)
    has_engine = serializers.BooleanField()
    engine = serializers.CharField(max_length=2000, allow_blank=True)
    executor = serializers.CharField(max_length=40, allow_blank=True, default="")
    capacity = CapacityBody(allow_null=True, default=None)
    slots = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    version = serializers.CharField(max_length=40, allow_blank=True, default="")
    uptime = serializers.FloatField(min_value=0, max_value=10**10, default=0.0)
    draining = serializers.BooleanField(default=False)


class ClaimBody(serializers.Serializer[Any]):
    """Who claims."""

    worker = serializers.CharField(max_length=200)


class OutputBody(serializers.Serializer[Any]):
    """An output that is about to be sent."""

    slug = serializers.CharField(max_length=200)
    filename = serializers.CharField(max_length=1024, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=2**40)
    sha256 = serializers.RegexField("^[0-9a-f]{64}$")


class GiveBackBody(serializers.Serializer[Any]):
    """Why a run is given back."""

    reason = serializers.CharField(max_length=4000)
    crashed = serializers.BooleanField(default=False)
    stopped = serializers.BooleanField(default=False)


@extend_schema(exclude=True)
class WorkerView(APIView):
    """A call that needs the token of workers."""

    authentication_classes = (WorkerAuthentication,)
    permission_classes = ()
    throttle_classes = ()

    def checked(self, by: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the body, checked by a serializer."""
        given = by(data=self.request.data)
        given.is_valid(raise_exception=True)
        found: dict[str, Any] = given.validated_data
        return found


@extend_schema(exclude=True)
class RunView(WorkerView):
    """A call that needs the token of a run."""

    authentication_classes = (RunAuthentication,)

    @property
    def token(self) -> str:
        """The run's token."""
        return str(self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what was not signed by us before anything of the body is read."""
        super().initial(request, *args, **kwargs)
        if not assignments.is_token(self.token):
            raise AuthenticationFailed(REFUSED)

    def handle_exception(self, exc: Exception) -> Response:
        """Say plainly when the run is another's, or the body is not what it should be."""
        if isinstance(exc, LeaseLost):
            exc = RunGone()
        elif isinstance(exc, wire.ValidationError):
            exc = ValidationFailed(f"The message cannot be read ({exc.error_count()} errors).")
        return super().handle_exception(exc)


class Beat(WorkerView):
    """Signs of life."""

    def get(self, request: Request) -> Response:
        """Tell a worker that is being set up that its token is right, and what it must reach."""
        found = welcome(request.query_params.get("name", ""))
        return Response({"storage": found.storage, "last_seen": found.last_seen})

    def post(self, request: Request) -> Response:
        """Note one, and say which runs are under way."""
        said = self.checked(BeatBody)
        return Response({"live": sorted(assignments.hear_beat(said.pop("name"), **said))})


class Claim(WorkerView):
    """Taking a job."""

    def post(self, request: Request, pk: str) -> Response:
        """Hand the job over, or answer nothing."""
        said = self.checked(ClaimBody)
        found = assignments.assign_run(key_of(pk), worker=said["worker"])
        return Response(status=204) if found is None else Response(wire.dumped(found))


class RunReport(RunView):
    """How a run goes."""

    def post(self, request: Request) -> Response:
        """Note it, hold the lease, and say whether to stop."""
        report = wire.read_report(request.data)
        return Response({"stop": assignments.hear_report(self.token, report)})


class RunOutputs(RunView):
    """Outputs that are about to be sent."""

    def post(self, request: Request) -> Response:
        """Answer where the bytes may be sent."""
        said = self.checked(OutputBody)
        output = CollectedOutput(kind=OutputKind.FILE, path=Path(), **said)
        return Response(wire.dumped(assignments.give_slip(self.token, output)))


class RunFinish(RunView):
    """The end of a run."""

    def post(self, request: Request) -> Response:
        """Take the run over."""
        assignments.hand_over(self.token, wire.read_ending(request.data))
        return Response({})


class RunGiveBack(RunView):
    """Runs that were lost."""

    def post(self, request: Request) -> Response:
        """Queue the job again."""
        assignments.take_back_run(self.token, **self.checked(GiveBackBody))
        return Response({})


class RunNext(RunView):
    """The next case of a warm container."""

    def post(self, request: Request) -> Response:
        """Answer at once; under ASGI, `waiting` answers when there is something to say."""
        return Response(wire.dumped(next_cases.next_case(self.token)))
