"""What an image that stays up says of itself, and what counts as its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.execution.contract import ContainerArchiveError, Limits, ReasonCode, RunSpec, StoppedBy
from app.execution.contract.limits import MIB
from app.execution.contract.manifest import ImageManifest, UserIdentity
from app.execution.contract.reasons import ExitFacts
from app.execution.contract.serving import (
    HEAD_BYTES,
    AnswerReader,
    Pool,
    api_method,
    explain_answer,
    explain_unready,
    fits,
    request_for,
    serves,
)
from app.execution.contract.spec import ImageReference
from app.execution.executors.log_account import LogAccount, LogTap

MANIFEST = ImageManifest(
    image_id="sha256:a",
    format="docker",
    compression="none",
    archive_bytes=1,
    unpacked_bytes=1,
    config_path="a.json",
    layers=(),
    architecture="amd64",
    os="linux",
    user=UserIdentity(declared="user", uid=1000, gid=1000),
    entrypoint=("/bin/serve",),
    command=(),
    working_dir="/",
    env=(),
    labels={},
    volumes=(),
)
LABEL = "org.grand-challenge.api-method"


@pytest.mark.parametrize(
    ("labels", "method"),
    [
        ({}, "exec"),
        ({"other": "invoke"}, "exec"),
        ({LABEL: "exec"}, "exec"),
        ({LABEL: "invoke"}, "invoke"),
        ({" Org.Grand-Challenge.API-Method": "\"INVOKE' "}, "invoke"),
    ],
)
def test_the_label_says_how_an_image_is_called(labels: dict[str, str], method: str) -> None:
    assert api_method(labels) == method
    assert serves(replace(MANIFEST, labels=labels)) is (method == "invoke")


def test_a_label_that_says_something_else_is_refused_and_serves_nothing() -> None:
    with pytest.raises(ContainerArchiveError, match="'serve'") as refusal:
        api_method({LABEL: "serve"})
    assert refusal.value.code == "api_method"
    assert not serves(replace(MANIFEST, labels={LABEL: "serve"}))


def test_a_request_has_no_body_and_one_connection() -> None:
    lines = request_for("POST", "/invoke").decode().split("\r\n")
    assert lines[0] == "POST /invoke HTTP/1.1"
    assert {"Host: 127.0.0.1:4743", "Content-Length: 0", "Connection: close"} <= set(lines)
    assert lines[-2:] == ["", ""]
    assert b"Content-Length" not in request_for("GET", "/health")


def read(answer: bytes, *, step: int) -> tuple[int | None, bool, int]:
    """(status, whether it is complete, how many bytes were needed)."""
    reader = AnswerReader()
    for at in range(0, len(answer), step):
        reader.feed(answer[at : at + step])
        if reader.complete:
            return reader.status, True, at + step
    return reader.status, False, len(answer)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("answer", "status", "is_complete"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nnull", 201, True),
        (b"HTTP/1.1 201 Created\r\ncontent-length:0\r\nX: y\r\n\r\n", 201, True),
        (b"HTTP/1.0 201\r\n\r\nno stated end", 201, False),
        (b"HTTP/1.1 201 Created\nContent-Length: 2\n\n{}", 201, True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, True),
        (
            b"HTTP/1.1 201 C\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnull\r\n0\r\n\r\n",
            201,
            True,
        ),
        (b"HTTP/1.1 201 C\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 201, True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 500, True),
        (b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n", None, False),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\nnull", 201, False),
        (b"HTTP/1.1 20", None, False),
        (b"HTTP/2 201 Created\r\n\r\n", None, False),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", None, False),
        (b"HTTP/1.1 0201 Created\r\n\r\n", None, False),
        (b"HTTP/1.1 201 Created\r\nX: " + b"y" * HEAD_BYTES, 201, True),
        (b"y" * HEAD_BYTES, None, True),
        (b"HTTP/1.1 201 " + b"y" * HEAD_BYTES, None, True),
    ],
)
def test_an_answer_is_read_as_it_arrives(
    answer: bytes, status: int | None, is_complete: bool, step: int
) -> None:
    assert read(answer, step=step)[:2] == (status, is_complete)


def test_an_answer_ends_when_the_other_side_closes() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 201 Created\r\n\r\nbody")
    assert not reader.complete
    reader.feed(b"")
    assert (reader.complete, reader.status) == (True, 201)


def test_of_an_endless_head_only_a_little_is_read() -> None:
    assert read(b"x" * MIB, step=100)[2] <= HEAD_BYTES + 100


def test_pools_are_told_apart_by_all_they_are_made_of() -> None:
    one = Pool(image_id="sha256:a", model_id="m", scope="7")
    others = [replace(one, image_id="b"), replace(one, model_id=""), replace(one, scope="8")]
    shifted = Pool(image_id="sha256:am", model_id="", scope="7")
    assert len({pool.key for pool in (one, *others, shifted)}) == 5
    assert one.key == replace(one).key
    assert len(one.key) == 64


def a_spec(**changes: object) -> RunSpec:
    image = ImageReference(manifest=MANIFEST, archive_url="", archive_bytes=1)
    return replace(RunSpec(run_id="r", image=image, model_url="http://x/1"), **changes)  # type: ignore[arg-type]


def test_a_case_fits_a_container_when_only_what_is_its_own_differs() -> None:
    limits = Limits()
    mine = replace(limits, wall_clock=1, log_bytes=1, json_bytes=1)
    assert fits(a_spec(), a_spec(run_id="s", model_url="http://x/2", limits=mine))
    assert not fits(a_spec(), a_spec(model_url=""))
    assert not fits(a_spec(), a_spec(limits=replace(limits, memory=1)))
    assert not fits(a_spec(), a_spec(env={"A": "1"}))
    assert not fits(a_spec(gpu_devices=(0,)), a_spec(gpu_devices=(1,)))
    assert not fits(a_spec(), a_spec(ground_truth_url="http://x/truth"))


ENDED = ExitFacts(exit_code=0)
ANSWERED = ExitFacts(exit_code=137, stopped_by=StoppedBy.ANSWERED)


@pytest.mark.parametrize(
    ("status", "facts", "code", "said"),
    [
        (201, ENDED, ReasonCode.SUCCEEDED, "Succeeded"),
        (500, ANSWERED, ReasonCode.ANSWER, "with 500."),
        (500, replace(ANSWERED, stderr="Boom"), ReasonCode.ANSWER, "with 500: Boom"),
        (500, replace(ANSWERED, oom_killed=True), ReasonCode.OUT_OF_MEMORY, "memory limit"),
        (500, replace(ANSWERED, log="can't fork"), ReasonCode.PROCESS_LIMIT, "processes"),
        (None, ANSWERED, ReasonCode.ANSWER, "did not answer POST /invoke."),
        (None, ENDED, ReasonCode.ANSWER, "did not answer"),
        (None, replace(ENDED, exit_code=3, stderr="Boom"), ReasonCode.EXIT_CODE, "Boom"),
        (None, replace(ENDED, exit_code=137), ReasonCode.OUT_OF_MEMORY, "memory limit"),
        (None, replace(ANSWERED, stopped_by=StoppedBy.TIME), ReasonCode.TIME_LIMIT, "Time limit"),
        (None, replace(ANSWERED, stopped_by=StoppedBy.CANCEL), ReasonCode.CANCELLED, "Cancelled"),
        (201, replace(ENDED, stopped_by=StoppedBy.LOG), ReasonCode.LOG_LIMIT, "its log"),
    ],
)
def test_an_answer_becomes_a_reason(
    status: int | None, facts: ExitFacts, code: ReasonCode, said: str
) -> None:
    reason = explain_answer(status, facts, Limits())
    assert reason.code is code
    assert said in reason.message


def test_a_container_that_is_not_ready_says_what_to_do() -> None:
    reason = explain_unready(300, ANSWERED, Limits())
    assert reason.code is ReasonCode.NOT_READY
    assert reason.message == "The container was not ready after 5 min."
    assert "GET /health with 200" in reason.advice
    assert explain_unready(300, replace(ENDED, exit_code=1), Limits()).code is ReasonCode.EXIT_CODE


@pytest.mark.parametrize("step", [1, 3, 5, 100])
def test_marks_part_the_log_however_it_is_cut(step: int) -> None:
    mark = b"\x00mark\x00"
    first, second = LogAccount(100), LogAccount(100)
    tap = LogTap(first)
    tap.take_in("stdout", b"one ")
    tap.expect(mark)
    assert not tap.wait(0)
    tap.expect(mark)
    for stream, said in (("stdout", b"two\x00"), ("stderr", b"")):
        content = said + mark
        for at in range(0, len(content), step):
            tap.take_in(stream, content[at : at + step])  # type: ignore[arg-type]
    assert tap.wait(0)
    tap.account = second
    tap.take_in("stdout", b"three")
    assert b"".join(chunk.content for chunk in first.take()) == b"one two\x00"
    assert b"".join(chunk.content for chunk in second.take()) == b"three"


def test_what_was_held_back_for_a_mark_that_never_comes_is_kept() -> None:
    account = LogAccount(100)
    tap = LogTap(account)
    tap.expect(b"12345")
    tap.take_in("stdout", b"abc123")
    assert not tap.wait(0)
    tap.take_in("stdout", b"4x")
    assert b"".join(chunk.content for chunk in account.take()) == b"abc1234x"
