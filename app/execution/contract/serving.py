"""Containers that stay up: how an image says so, what it is asked, and what counts as an answer.

Such an image never ends by itself. It listens on `PORT` of its own loopback interface, answers
`GET /health` with 200 once it is ready, and `POST /invoke` with 201 once the case that lies at
/input is done. Nothing but the status code of an answer means anything. An image either ends
(one run per case) or stays up; its label says which, as on grand-challenge.org.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Literal

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.limits import KIB, Limits, readable_seconds
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.reasons import ExitFacts, Reason, ReasonCode, StoppedBy, explain
from app.execution.contract.spec import RunSpec

API_LABEL = "org.grand-challenge.api-method"
HOST, PORT = "127.0.0.1", 4743
HEALTH_PATH, INVOKE_PATH = "/health", "/invoke"
HEALTHY, DONE = 200, 201
READY_SECONDS = 300.0
HEAD_BYTES = 16 * KIB
AFTER_STATUS_SECONDS = 0.5
"""How long the rest of an answer is waited for once its status is known."""


class ApiMethod:
    """The two ways in which an image is called, as its label names them."""

    EXEC = "exec"
    INVOKE = "invoke"


def api_method(labels: dict[str, str]) -> str:
    """Return how an image with these labels is called; without a label it is run per case.

    Case, spaces and quotation marks around label and value do not matter, as upstream.

    Raises
    ------
    ContainerArchiveError
        When the label says anything else.
    """
    for name, value in labels.items():
        if name.strip().lower() == API_LABEL:
            said = value.lower().replace("'", "").replace('"', "").strip()
            if said not in (ApiMethod.EXEC, ApiMethod.INVOKE):
                raise ContainerArchiveError(
                    code="api_method",
                    message=f"The label {API_LABEL} says {value[:100]!r}.",
                    advice=f'Write `LABEL {API_LABEL}="invoke"` for a container that stays up, '
                    "or leave the label out.",
                )
            return said
    return ApiMethod.EXEC


def serves(manifest: ImageManifest) -> bool:
    """Tell whether the image stays up between cases; such an image cannot be run otherwise."""
    return labels_serve(manifest.labels)


def labels_serve(labels: dict[str, str]) -> bool:
    """Tell whether an image with these labels stays up between cases."""
    try:
        return api_method(labels) == ApiMethod.INVOKE
    except ContainerArchiveError:
        return False


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Cases that may share a container, one after the other.

    What a container remembers of one case (it is a process, so it may) it could tell in the next.
    So a container serves one `scope` only: the person whose data it is, or the phase of an
    evaluation. `model_id` is empty for a version without a model.
    """

    image_id: str
    model_id: str
    scope: str

    @property
    def key(self) -> str:
        """Return 64 hexadecimal digits that stand for this pool and for no other."""
        parts = json.dumps([self.image_id, self.model_id, self.scope])
        return hashlib.sha256(parts.encode()).hexdigest()


def fits(opened: RunSpec, case: RunSpec) -> bool:
    """Tell whether a container that was opened for one specification may serve another.

    Only what holds per case may differ: inputs, outputs, the model's expiring address, and the
    limits of time, log and results.
    """
    return (
        opened.image.manifest.image_id == case.image.manifest.image_id
        and bool(opened.model_url) == bool(case.model_url)
        and not case.ground_truth_url
        and (opened.command, opened.env) == (case.command, case.env)
        and case.gpu_devices in ((), opened.gpu_devices)
        and _of_container(opened.limits) == _of_container(case.limits)
    )


def _of_container(limits: Limits) -> Limits:
    usual = Limits()
    return replace(
        limits,
        wall_clock=usual.wall_clock,
        log_bytes=usual.log_bytes,
        input_bytes=usual.input_bytes,
        output_files=usual.output_files,
        output_depth=usual.output_depth,
        json_bytes=usual.json_bytes,
        json_depth=usual.json_depth,
    )


def request_for(method: Literal["GET", "POST"], path: str) -> bytes:
    """Return the whole request, which has no body: the case lies at /input."""
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nUser-Agent: hounsfield\r\n"
        f"Accept: */*\r\n{length}Connection: close\r\n\r\n"
    ).encode()


_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?: [^\r\n]*)?\r?\n")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})[ \t]*\r?$", re.I | re.M)
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked[ \t]*\r?$", re.I | re.M)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class AnswerReader:
    """An answer as it arrives, however slowly; only its head is kept, and of that a little.

    `status` is None until the status line is there, and stays None for what is not HTTP.
    `complete` says that there is nothing more to wait for.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.complete = False
        self._head = b""
        self._in_body = False
        self._left: int | None = None
        self._chunks_end = b""

    def feed(self, data: bytes) -> None:
        """Take what arrived; nothing at all means that the other side closed."""
        if not data:
            self.complete = True
        elif self._in_body:
            self._take_body(data)
        else:
            self._take_head(data)

    def _take_head(self, data: bytes) -> None:
        self._head += data[: HEAD_BYTES - len(self._head)]
        if b"\n" in data:
            self._look()
        if not self._in_body and len(self._head) >= HEAD_BYTES:
            self.complete = True

    def _look(self) -> None:
        """See what a head with one more line says."""
        while (found := _STATUS.match(self._head)) is not None:
            end = _HEADERS_END.search(self._head)
            if found[1][:1] != b"1":
                self.status = int(found[1])
                if end is not None:
                    self._start_body(self._head[: end.start() + 2], self._head[end.end() :])
                break
            if end is None:
                break
            self._head = self._head[end.end() :]  # an interim answer; the real one follows

    def _start_body(self, headers: bytes, begun: bytes) -> None:
        """A body without a stated end ends with the connection."""
        self._in_body = True
        if _CHUNKED.search(headers):
            self._chunks_end = b"\r\n"
        elif length := _LENGTH.search(headers):
            self._left = int(length[1])
        elif self.status in (204, 304):
            self._left = 0
        self._take_body(begun)

    def _take_body(self, data: bytes) -> None:
        if self._left is not None:
            self._left -= len(data)
            self.complete = self._left <= 0
        elif self._chunks_end:
            self._chunks_end = (self._chunks_end + data)[-len(_LAST_CHUNK) :]
            self.complete = self._chunks_end == _LAST_CHUNK


def explain_answer(status: int | None, facts: ExitFacts, limits: Limits) -> Reason:
    """The reason of a case, from its answer (None: there was none) and what its container said.

    `facts` are those of a container that was killed after the answer, or that ended without one;
    for an answer of `DONE` those of the living one, whose exit code is 0.
    """
    ended_itself = facts.stopped_by is StoppedBy.NOTHING
    if status == DONE or (facts.stopped_by not in (StoppedBy.NOTHING, StoppedBy.ANSWERED)):
        return explain(facts, limits)
    if ended_itself and facts.exit_code != 0:
        return explain(facts, limits)
    if status is not None:
        said = f"The container answered POST {INVOKE_PATH} with {status}"
        advice = f"Answer {DONE} when the results are in /output."
    else:
        said = f"The container did not answer POST {INVOKE_PATH}"
        advice = "Stay up between cases: the program must not end, and not close the connection."
    return _explain_refusal(said, advice, facts, limits)


def explain_unready(seconds: float, facts: ExitFacts, limits: Limits) -> Reason:
    """The reason of a container that did not become ready."""
    ended_itself = facts.stopped_by is StoppedBy.NOTHING
    if facts.stopped_by not in (StoppedBy.NOTHING, StoppedBy.ANSWERED):
        return explain(facts, limits)
    if ended_itself and facts.exit_code != 0:
        return explain(facts, limits)
    return _explain_refusal(
        "The container ended before it was ready"
        if ended_itself
        else f"The container was not ready after {readable_seconds(seconds)}",
        f"Listen on port {PORT} and answer GET {HEALTH_PATH} with {HEALTHY} once the model is "
        f"loaded; an image without the label {API_LABEL} is run once per case instead.",
        facts,
        limits,
        code=ReasonCode.NOT_READY,
    )


def _explain_refusal(
    said: str,
    advice: str,
    facts: ExitFacts,
    limits: Limits,
    *,
    code: ReasonCode = ReasonCode.ANSWER,
) -> Reason:
    """What the log tells of memory, disk and the like is more use than a status code."""
    from_log = explain(
        replace(facts, exit_code=1, stopped_by=StoppedBy.NOTHING),
        limits,
    )
    if from_log.code is not ReasonCode.EXIT_CODE:
        return from_log
    last = from_log.last_line
    return Reason(
        code=code,
        message=f"{said}: {last}" if last else f"{said}.",
        advice=advice,
        last_line=last,
    )
