"""The gateway of a worker anywhere: the portal's small API for workers, over HTTP."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx
from typing_extensions import override

from app.core.leases import LeaseLost
from app.execution.contract import Capacity, CollectedOutput
from app.execution.executors import PlatformFault
from app.execution.gateway.base import (
    LONGEST_WAIT,
    Assignment,
    Ending,
    Gateway,
    NextCase,
    Report,
    Slip,
)
from app.execution.gateway.wire import dumped, read_assignment, read_next, read_slip

logger = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_PATIENCE = 60.0  # seconds; a run's lease lasts longer
_GONE = 410
_BUSY = frozenset({429, 500, 502, 503, 504})


class HttpGateway(Gateway):
    """Talks to the portal at ``site_url`` with the ``worker_token`` that it knows."""

    def __init__(self, site_url: str, *, worker_token: str, patience: float = _PATIENCE) -> None:
        self._base = f"{site_url.rstrip('/')}/api/v1/execution"
        self._worker_token = worker_token
        self._patience = patience
        self._client = httpx.Client(timeout=_TIMEOUT)

    @override
    def beat(
        self,
        name: str,
        *,
        queues: Sequence[str],
        has_engine: bool,
        engine: str,
        executor: str = "",
        capacity: Capacity | None = None,
        slots: int = 1,
        version: str = "",
        uptime: float = 0.0,
        draining: bool = False,
    ) -> set[str]:
        body = {
            "name": name,
            "queues": list(queues),
            "has_engine": has_engine,
            "engine": engine,
            "executor": executor,
            "capacity": None if capacity is None else asdict(capacity),
            "slots": slots,
            "version": version,
            "uptime": uptime,
            "draining": draining,
        }
        answer = self._post("workers/", self._worker_token, body)
        return {str(run) for run in answer.json()["live"]}

    @override
    def claim(self, job_id: str, *, worker: str) -> Assignment | None:
        answer = self._post(f"jobs/{job_id}/claim/", self._worker_token, {"worker": worker})
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        return read_assignment(answer.content)

    @override
    def report(self, token: str, report: Report) -> bool:
        return bool(self._post("run/report/", token, dumped(report)).json()["stop"])

    @override
    def request_slip(self, token: str, output: CollectedOutput) -> Slip:
        body = {
            "slug": output.slug,
            "filename": output.filename,
            "size": output.size,
            "sha256": output.sha256,
        }
        return read_slip(self._post("run/outputs/", token, body).content)

    @override
    def finish(self, token: str, ending: Ending) -> None:
        self._post("run/finish/", token, dumped(ending))

    @override
    def next_case(self, token: str, *, wait_seconds: float) -> NextCase:
        answer = self._post("run/next/", token, {"wait_seconds": min(wait_seconds, LONGEST_WAIT)})
        return read_next(answer.content)

    @override
    def give_back(
        self, token: str, *, reason: str, crashed: bool = False, stopped: bool = False
    ) -> None:
        body = {"reason": reason, "crashed": crashed, "stopped": stopped}
        self._post("run/give-back/", token, body)

    def _post(self, path: str, token: str, body: Mapping[str, Any]) -> httpx.Response:
        """Ask until there is an answer or patience is at its end; every call may be repeated."""
        deadline, pause = time.monotonic() + self._patience, 0.2
        while True:
            trouble = ""
            try:
                answer = self._client.post(
                    f"{self._base}/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
                )
                if answer.status_code not in _BUSY:
                    return _checked(answer)
                trouble = f"it answered {answer.status_code}"
            except httpx.TransportError as error:
                trouble = type(error).__name__
            if time.monotonic() + pause > deadline:
                raise PlatformFault(
                    f"The portal could not be reached ({trouble}).",
                    advice="Look at SITE_URL of the worker, and at the web server.",
                )
            logger.warning("The portal does not answer (%s); trying again.", trouble)
            time.sleep(pause)
            pause = min(2 * pause, 5.0)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code == _GONE:
        raise LeaseLost("The run is no longer this worker's.")
    if answer.status_code in (401, 403):
        raise PlatformFault(
            "The portal does not know this worker.",
            advice="WORKER_TOKEN must be the same for the portal and its workers.",
        )
    if answer.is_error:
        raise PlatformFault(f"The portal refused a worker's call ({answer.status_code}).")
    return answer
