"""The API of jobs: started, followed, cancelled."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import run_selectors, selectors, services
from algorithms.api import job_serializers as serializers
from algorithms.models import AlgorithmRun
from algorithms.progress import log_position
from app.accounts.models import User
from app.audit.services import record
from app.core.api.filters import KeyFilter
from app.core.api.renderers import EventStream, PlainText
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import PortalError
from app.execution.models import Job
from app.execution.selectors import job_log
from app.sockets.api.serializers import given_value

POLL_SECONDS = 0.5
LONGEST_STREAM = 3600  # seconds; clients connect again by themselves


class JobViewSet(ResourceViewSet[AlgorithmRun]):
    """Jobs: runs of algorithms that the caller started or whose algorithm they edit."""

    area = "algorithms"
    queryset = AlgorithmRun.objects.none()
    serializer_class = serializers.JobSerializer
    filters = {
        "algorithm": KeyFilter("version__algorithm"),
        "algorithm_image": KeyFilter("version"),
        "input_image": KeyFilter("job__inputs__image"),
        "output_image": KeyFilter("job__outputs__image"),
    }
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[AlgorithmRun]:
        """Return the visible runs."""
        return selectors.jobs_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmRun:
        """Return the run of the job."""
        return selectors.get_run_of_job_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewJobSerializer, responses={201: serializers.JobPostSerializer}
    )
    def create(self, request: Request) -> Response:
        """Start a job; it runs when all its inputs are there."""
        given = self.checked(serializers.NewJobSerializer)
        actor = cast(User, request.user)
        run = services.start_job(
            actor=actor,
            algorithm=selectors.get_algorithm_for(actor, key_of(given["algorithm"]), action="run"),
            given=[given_value(actor, value) for value in given["inputs"]],
        )
        return self.shown(run, status=201, by=serializers.JobPostSerializer)

    @extend_schema(request=None, responses=serializers.JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a job, or doing it again; its container is killed."""
        run = self.find(key_of(pk), "cancel")
        services.cancel_run(actor=cast(User, request.user), run=run)
        return self.shown(run)

    @extend_schema(
        responses={
            (200, "text/plain"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.STR,
        }
    )
    @action(
        detail=True,
        renderer_classes=(PlainText, JSONRenderer),
        pagination_class=None,
        filter_backends=(),
    )
    def log(self, request: Request, pk: str) -> Response:
        """Read the log as far as it goes: as text, or as a JSON string for who asks for JSON."""
        run = self.find(key_of(pk), "log")
        record("algorithms.log.read", obj=run, actor=request.user)
        return Response(job_log(run.job)[0])

    @extend_schema(
        parameters=[OpenApiParameter("after", int, description="How far you have read.")],
        responses=serializers.LogPartSerializer,
    )
    @action(detail=True, pagination_class=None, filter_backends=())
    def logs(self, request: Request, pk: str) -> Response:
        """Read what the log has grown by since position ``after``."""
        run = self.find(key_of(pk), "log")
        text, end = job_log(run.job, after=log_position(request.query_params.get("after", "0")))
        record("algorithms.log.read", obj=run, actor=request.user)
        return self.shown({"text": text, "next": end}, by=serializers.LogPartSerializer)

    @extend_schema(responses=serializers.UsageSerializer)
    @action(detail=True, pagination_class=None, filter_backends=())
    def usage(self, request: Request, pk: str) -> Response:
        """Tell where a job is, what it may use and what it used so far."""
        return self.shown(self.find(key_of(pk), "view"), by=serializers.UsageSerializer)

    @extend_schema(request=serializers.RerunSerializer, responses={201: serializers.JobSerializer})
    @action(detail=True, methods=["post"])
    def rerun(self, request: Request, pk: str) -> Response:
        """Run once more on the same inputs: with the named version, else the active one."""
        run = self.find(key_of(pk), "repeat")
        given = self.checked(serializers.RerunSerializer)
        actor = cast(User, request.user)
        selectors.get_algorithm_for(actor, run.version.algorithm_id, action="run")
        chosen = given.get("algorithm_image")
        version = selectors.get_version_for(actor, key_of(chosen)) if chosen else None
        made = services.rerun(actor=actor, run=run, version=version)
        return self.shown(self.find(made.job_id, "view"), status=201)

    @extend_schema(request=None, responses=serializers.ReproductionSerializer(many=True))
    @action(detail=True, methods=["get", "post"], pagination_class=None, filter_backends=())
    def reproduce(self, request: Request, pk: str) -> Response:
        """Do a job again from its record (POST), or see how such goes compare (GET)."""
        if request.method == "POST":
            run = self.find(key_of(pk), "repeat")
            actor = cast(User, request.user)
            selectors.get_algorithm_for(actor, run.version.algorithm_id, action="run")
            services.start_reproduction(actor=actor, run=run)
        run = self.find(key_of(pk), "view")
        found = run_selectors.reproductions_of(run)
        status = 201 if request.method == "POST" else 200
        return Response(serializers.ReproductionSerializer(found, many=True).data, status=status)

    @extend_schema(request=serializers.ShareSerializer, responses=serializers.ReadersSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Let people see a job by user name; take people off the list; open it to the editors."""
        run = self.find(key_of(pk), "manage")
        services.share_run(
            actor=cast(User, request.user), run=run, **self.checked(serializers.ShareSerializer)
        )
        return self.shown(run, by=serializers.ReadersSerializer)

    @extend_schema(responses={(200, "text/event-stream"): OpenApiTypes.STR})
    @action(
        detail=True,
        url_path="log/stream",
        renderer_classes=(EventStream,),
        pagination_class=None,
        filter_backends=(),
    )
    def log_stream(self, request: Request, pk: str) -> StreamingHttpResponse:
        """Follow the log as server-sent events: ``log`` (more text), ``state``, ``end``."""
        run = self.find(key_of(pk), "log")
        record("algorithms.log.read", obj=run, actor=request.user, data={"followed": True})
        response = StreamingHttpResponse(
            follow(request.user, run.job_id), content_type="text/event-stream"
        )
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response


async def follow(user: Any, job_pk: UUID) -> AsyncIterator[str]:
    """Yield what is new until the job has ended; rights are asked anew each time."""
    sent, state = 0, ""
    for _ in range(int(LONGEST_STREAM / POLL_SECONDS)):
        try:
            job = await sync_to_async(_job)(user, job_pk)
        except PortalError:
            return
        whole = job_log(job)[1] < sent  # the job was lost and began anew
        text, end = job_log(job, after=0 if whole else sent)
        if text or whole:
            yield _event("log", {"text": text, "whole": whole})
            sent = end
        if job.state != state:
            state = job.state
            yield _event("state", {"state": state, "reason": job.reason})
        if job.is_finished:
            yield _event("end", {"state": state})
            return
        await asyncio.sleep(POLL_SECONDS)


def _job(user: Any, pk: UUID) -> Job:
    return selectors.get_run_of_job_for(user, pk, action="log").job


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
