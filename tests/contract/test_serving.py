"""Containers that stay up, the same for every executor that can run a container."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from app.execution.contract import InputFile, ReasonCode, RunResult, RunSpec
from app.execution.contract.limits import KIB
from app.execution.contract.spec import ImageReference
from app.execution.executors import ExecutorUnavailable, PlatformFault, Server, open_server
from app.execution.executors.docker import DockerExecutor, StorageKind
from app.execution.executors.null import NullExecutor
from app.execution.executors.storage import RUN_LABEL
from tests.contract.executor_cases import SMALL, Recorder, left_behind, make_spec, run
from tests.factories.containers import DONE, ContainerRecipe, serving_image, shell_image
from tests.factories.engines import FileServer, engine_address, serve

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]
LOOK = "ls -A /input /tmp /output /dev/shm >&3"
COPY = "cp /input/case.json /output/result.json"
LEAVE = "touch /tmp/left /dev/shm/left /output/left; mkdir -p /tmp/a/b/c; echo x > /tmp/a/b/c/d"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serve(tmp_path_factory.mktemp("served")) as server:
        yield server


def _executor(folder: Path, storage: StorageKind) -> DockerExecutor:
    return DockerExecutor(work_folder=folder, base_url=engine_address(), storage=storage)


@pytest.fixture(params=["host", "engine"])
def executor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DockerExecutor]:
    """Each way to reach a container, and proof afterwards that nothing of it is left."""
    executor = _executor(tmp_path / "work", request.param)
    yield executor
    assert left_behind(tmp_path / "work") == []
    assert executor.reap(live=set()) == []


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[DockerExecutor]:
    """The executor whose containers serve case after case."""
    executor = _executor(tmp_path / "work", "host")
    yield executor
    assert left_behind(tmp_path / "work") == []
    assert executor.reap(live=set()) == []


def case(image: ImageReference, number: int = 0, **changes: Any) -> RunSpec:
    given = InputFile(relative_path="case.json", content=b'{"case": %d}' % number)
    return make_spec(image, inputs=(given,), **changes)


def invoke(server: Server, spec: RunSpec) -> tuple[RunResult, Recorder]:
    recorder = Recorder()
    return server.invoke(spec, recorder), recorder


def serve_cases(
    executor: DockerExecutor, image: ImageReference, count: int, **changes: Any
) -> list[tuple[RunResult, Recorder]]:
    """Serve numbered cases in as few containers as may be."""
    found = []
    server: Server | None = None
    try:
        for number in range(count):
            spec = case(image, number, **changes)
            if server is None or not server.usable:
                if server is not None:
                    server.close()
                server = open_server(executor, spec, Recorder())
            found.append(invoke(server, spec))
    finally:
        if server is not None:
            server.close()
    return found


def state_of(name: str) -> str:
    client = docker.DockerClient(base_url=engine_address())
    try:
        (found,) = client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={name}"})
        return str(found.status)
    finally:
        client.close()


def test_each_case_has_its_own_inputs_outputs_log_and_empty_folders(
    executor: DockerExecutor, files: FileServer
) -> None:
    script = f"{LOOK}; echo said >&3; {COPY}; {LEAVE}; {DONE}"
    image = files.publish_image(serving_image(script))
    for number, (result, recorder) in enumerate(serve_cases(executor, image, 2)):
        assert result.succeeded, (result.reason, recorder.log)
        assert recorder.files == {"result": b'{"case": %d}' % number}
        listed = [line for line in recorder.log.decode().splitlines() if line]
        assert sorted(listed) == sorted(
            ["/dev/shm:", "/input:", "case.json", "/output:", "/tmp:", "said"]
        )
        assert result.log_bytes == len(recorder.log)
        assert set(result.input_digests) == {"case.json"}
        assert recorder.phases == ["executing", "collecting", "finished"]
        assert result.exit_code is None
        assert result.as_record()["served"] >= 1


def test_a_container_serves_case_after_case_and_is_frozen_in_between(
    warm: DockerExecutor, files: FileServer
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}"))
    server = open_server(warm, case(image), Recorder())
    try:
        server.pause()
        assert state_of(server.name) == "paused"
        for number in (1, 2):
            result, recorder = invoke(server, case(image, number))
            about = (result.reason, recorder.log)
            assert (result.succeeded, result.served, server.usable) == (True, number, True), about
            assert state_of(server.name) == "paused"
        assert warm.reap(live=set()) == []
    finally:
        server.close()
        server.close()
    assert not server.usable


def test_wherever_a_run_is_asked_for_such_an_image_is_served_one_case(
    executor: DockerExecutor, files: FileServer
) -> None:
    setup = "cat /opt/ml/model/* >&2 2>/dev/null; echo ready"
    image = files.publish_image(serving_image(f"{COPY}; {DONE}", setup=setup))
    result, recorder = run(executor, case(image, 7))
    assert result.succeeded, (result.reason, recorder.log)
    assert recorder.files == {"result": b'{"case": 7}'}
    assert b"ready\n" in recorder.log
    assert result.served == 1
    assert result.timings.provisioning > result.timings.executing > 0


def test_the_log_of_the_start_belongs_to_the_first_case_of_who_opened_it(
    warm: DockerExecutor, files: FileServer
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}", setup="echo loading"))
    for same in (True, False):
        opener = Recorder()
        server = open_server(warm, case(image), opener)
        recorder = opener if same else Recorder()
        result = server.invoke(case(image), recorder)
        server.close()
        assert (b"loading" in recorder.log) is same
        assert b"loading" in opener.log
        assert result.log_bytes == len(recorder.log)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("answer '500 Internal Server Error'", "with 500"),
        ("answer '200 OK'", "with 200"),
        ("printf 'HTTP/1.1 302 Found\\r\\nLocation: /health\\r\\n\\r\\n'", "with 302"),
        ("true", "did not answer"),
        ("echo hello", "did not answer"),
    ],
)
def test_only_201_is_an_answer(
    warm: DockerExecutor, files: FileServer, answer: str, said: str
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {answer}"))
    server = open_server(warm, case(image), Recorder())
    result, recorder = invoke(server, case(image))
    assert result.reason.code is ReasonCode.ANSWER, result.reason
    assert said in result.reason.message
    assert recorder.files == {}
    assert not server.usable
    server.close()


def test_a_refusal_is_explained_by_the_log(warm: DockerExecutor, files: FileServer) -> None:
    script = "echo 'ValueError: no lung' >&2; answer '500 No'"
    ((result, _),) = serve_cases(warm, files.publish_image(serving_image(script)), 1)
    assert (
        result.reason.message == "The container answered POST /invoke with 500: ValueError: no lung"
    )
    script = "echo x > /srv/x || answer '500 No'"
    ((result, _),) = serve_cases(warm, files.publish_image(serving_image(script)), 1)
    assert result.reason.code is ReasonCode.READ_ONLY


def test_a_missing_output_is_named(warm: DockerExecutor, files: FileServer) -> None:
    ((result, _),) = serve_cases(warm, files.publish_image(serving_image(DONE)), 1)
    assert result.reason.code is ReasonCode.OUTPUT
    assert "/output/result.json" in result.reason.message


def test_time_is_limited_per_case(executor: DockerExecutor, files: FileServer) -> None:
    image = files.publish_image(serving_image("sleep 1000"))
    ((result, _),) = serve_cases(executor, image, 1, limits=replace(SMALL, wall_clock=1))
    assert result.reason.code is ReasonCode.TIME_LIMIT
    assert 1 <= result.timings.executing < 5


def test_the_log_is_limited_per_case(warm: DockerExecutor, files: FileServer) -> None:
    limits = replace(SMALL, log_bytes=64 * KIB)
    script = f"head -c 40000 /dev/zero | tr '\\0' x >&3; {COPY}; {DONE}"
    found = serve_cases(warm, files.publish_image(serving_image(script)), 3, limits=limits)
    assert [result.reason.code for result, _ in found] == [ReasonCode.SUCCEEDED] * 3
    assert [len(recorder.log) for _, recorder in found] == [40000] * 3
    assert [result.served for result, _ in found] == [1, 2, 3]
    image = files.publish_image(serving_image(script.replace("40000", "70000")))
    ((result, recorder),) = serve_cases(warm, image, 1, limits=limits)
    assert result.reason.code is ReasonCode.LOG_LIMIT
    assert len(recorder.log) == 64 * KIB


def test_a_case_can_be_cancelled(executor: DockerExecutor, files: FileServer) -> None:
    image = files.publish_image(serving_image("echo started >&3; sleep 1000"))
    server = open_server(executor, case(image), Recorder())
    result = server.invoke(case(image), Recorder(cancel_at="started"))
    server.close()
    assert result.reason.code is ReasonCode.CANCELLED


@pytest.mark.parametrize(
    ("recipe", "code", "said"),
    [
        (serving_image(DONE, health="answer '503 Later'"), ReasonCode.NOT_READY, "not ready after"),
        (serving_image(DONE, setup="exit 0"), ReasonCode.NOT_READY, "ended before"),
        (serving_image(DONE, setup="echo no weights >&2; exit 3"), ReasonCode.EXIT_CODE, "weights"),
        (
            ContainerRecipe(
                entrypoint=["/nope"], labels={"Org.Grand-Challenge.API-method ": "'Invoke'"}
            ),
            ReasonCode.ENTRYPOINT,
            "was not found",
        ),
    ],
    ids=["never ready", "ends", "fails", "no such program"],
)
def test_a_container_that_does_not_start_says_why_to_its_first_case(
    warm: DockerExecutor,
    files: FileServer,
    recipe: ContainerRecipe,
    code: ReasonCode,
    said: str,
) -> None:
    image = files.publish_image(recipe)
    recorder = Recorder()
    server = open_server(warm, case(image), recorder, ready_seconds=2)
    assert not server.usable
    result = server.invoke(case(image), recorder)
    assert result.reason.code is code, result.reason
    assert said in result.reason.message
    assert recorder.phases == ["finished"]
    server.close()


def test_a_start_can_be_cancelled(warm: DockerExecutor, files: FileServer) -> None:
    image = files.publish_image(serving_image(DONE, setup="echo slow; sleep 1000"))
    result, _ = run(warm, case(image), cancel_at="slow")
    assert result.reason.code is ReasonCode.CANCELLED


def test_a_case_that_fails_for_what_an_earlier_one_left_is_tried_in_a_new_container(
    warm: DockerExecutor, files: FileServer
) -> None:
    """So results do not depend on which cases a container happened to serve before."""
    script = (
        "if ps | grep -v grep | grep -q 'sleep 98765'; then answer '500 Stale'; exit; fi; "
        f"(sleep 98765 >/dev/null 2>&1 <&- 3>&- &); {COPY}; {DONE}"
    )
    image = files.publish_image(serving_image(script))
    server = open_server(warm, case(image), Recorder())
    try:
        for number in range(3):
            result, recorder = invoke(server, case(image, number))
            assert result.succeeded, (number, result.reason)
            assert recorder.files == {"result": b'{"case": %d}' % number}
            assert (b"tried again in a new container" in recorder.log) is (number == 1)
            assert result.log_bytes == len(recorder.log)
            assert recorder.phases.count("executing") == 1
            assert server.usable
    finally:
        server.close()


def test_a_container_that_died_in_between_is_not_usable(
    warm: DockerExecutor, files: FileServer
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}"))
    server = open_server(warm, case(image), Recorder())
    invoke(server, case(image))
    client = docker.DockerClient(base_url=engine_address())
    (found,) = client.containers.list(filters={"label": f"{RUN_LABEL}={server.name}"})
    found.kill()
    found.wait()
    client.close()
    while server.usable:
        pass
    with pytest.raises(PlatformFault, match="ended"):
        invoke(server, case(image))


def test_a_container_is_not_asked_for_a_case_of_another_image_or_size(
    warm: DockerExecutor, files: FileServer
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}"))
    other = files.publish_image(serving_image(f"{COPY}; {DONE};"))
    for stranger in (case(other), case(image, limits=replace(SMALL, cpus=0.5))):
        server = open_server(warm, case(image), Recorder())
        with pytest.raises(PlatformFault, match="does not belong"):
            invoke(server, stranger)
        assert not server.usable


def test_files_of_the_start_stay_until_a_case_changes_them(
    warm: DockerExecutor, files: FileServer
) -> None:
    setup = "mkdir /tmp/own; echo start > /tmp/own/kept; echo start > /tmp/own/changed"
    script = (
        f"cat /tmp/own/* >&3; echo case >> /tmp/own/changed; echo x > /tmp/own/new; {COPY}; {DONE}"
    )
    found = serve_cases(warm, files.publish_image(serving_image(script, setup=setup)), 3)
    assert [recorder.log for _, recorder in found] == [b"start\nstart\n", b"start\n", b"start\n"]


def test_inputs_that_do_not_arrive_are_our_fault(warm: DockerExecutor, files: FileServer) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}"))
    server = open_server(warm, case(image), Recorder())
    url = files.publish("input.json", b"{}")
    bad = InputFile(relative_path="case.json", url=url, sha256="0" * 64)
    with pytest.raises(PlatformFault):
        invoke(server, make_spec(image, inputs=(bad,)))
    assert not server.usable


def test_what_a_dead_worker_kept_up_is_reaped(
    warm: DockerExecutor, files: FileServer, tmp_path: Path
) -> None:
    image = files.publish_image(serving_image(f"{COPY}; {DONE}"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.dying_worker", str(tmp_path / "work")],
        input=pickle.dumps(case(image)),
        capture_output=True,
        check=False,
    )
    name = done.stdout.decode().strip()
    assert state_of(name) == "paused", done.stderr
    assert warm.reap(live=set()) == [name]


def test_without_an_engine_it_is_refused(files: FileServer) -> None:
    image = files.publish_image(shell_image("true"))
    with pytest.raises(ExecutorUnavailable):
        open_server(NullExecutor(), case(image), Recorder())
