"""Attacks from inside a container: each fails with the right reason, its honest twin succeeds.

A twin is the same image without the attack, run under the same limits, so that a test cannot
pass because nothing runs at all.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest

from app.execution.contract import OutputKind, OutputSlot, ReasonCode, RunResult
from app.execution.contract.limits import MIB
from app.execution.contract.manifest import UserIdentity
from app.execution.executors.choose import Executor
from app.execution.executors.docker import DockerExecutor
from tests.contract.executor_cases import RESULT, SMALL, Recorder, left_behind, make_spec, run
from tests.factories.containers import shell_image
from tests.factories.engines import FileServer, engine_address, serve

OK = "echo '{\"score\": 1}' > /output/result.json"
QUICK = replace(SMALL, wall_clock=4)

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def engine() -> str:
    return engine_address()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serve(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(params=["host", "engine"])
def executor(request: pytest.FixtureRequest, engine: str, tmp_path: Path) -> Iterator[Executor]:
    executor = DockerExecutor(work_folder=tmp_path / "work", base_url=engine, storage=request.param)
    yield executor
    assert left_behind(tmp_path / "work") == []
    assert executor.reap(live=set()) == []


def is_marked(process: psutil.Process, mark: str) -> bool:
    return any(mark in part for part in process.info["cmdline"] or ())


def anonymous_volumes(client: docker.DockerClient) -> set[str]:
    """Names of volumes that an engine made by itself, as a VOLUME line makes it do."""
    return {str(v.name) for v in client.volumes.list() if not str(v.name).startswith("hounsfield")}


class Arena:
    """Runs a script and, first, its honest twin."""

    def __init__(self, executor: Executor, files: FileServer) -> None:
        self._executor = executor
        self._files = files

    def fight(self, attack: str, *, honest: str, **changes: Any) -> tuple[RunResult, Recorder]:
        twin, recorder = self.run(f"{honest}\n{OK}", **changes)
        assert twin.succeeded, (twin.reason, recorder.log)
        assert recorder.files["result"] == b'{"score": 1}\n'
        return self.run(attack, **changes)

    def run(self, script: str, **changes: Any) -> tuple[RunResult, Recorder]:
        spec = make_spec(self._files.publish_image(shell_image(script)), **changes)
        return run(self._executor, spec)


@pytest.fixture
def arena(executor: Executor, files: FileServer) -> Arena:
    return Arena(executor, files)


def test_a_fork_bomb_stays_in_its_process_limit(arena: Arena) -> None:
    mark = f"bomb-{uuid.uuid4()}"
    result, recorder = arena.fight(
        f": {mark}; f() {{ f | f & }}; f; sleep 60",
        honest="sleep 0 & sleep 0 & wait",
        limits=QUICK,
    )
    assert result.reason.code is ReasonCode.TIME_LIMIT
    assert "64 processes" in result.reason.advice
    assert b"fork" in recorder.log
    alive = [process for process in psutil.process_iter(["cmdline"]) if is_marked(process, mark)]
    assert alive == []


def test_running_out_of_processes_is_explained(arena: Arena) -> None:
    spawn = "i=0; while [ $i -lt {} ]; do sleep 20 & i=$((i+1)); done"
    result, _ = arena.fight(
        f"{spawn.format(100)}; exit 1",
        honest=f"{spawn.format(10).replace('sleep 20', 'sleep 0')}; wait",
    )
    assert result.reason.code is ReasonCode.PROCESS_LIMIT
    assert "64 processes" in result.reason.message


def test_a_memory_hog_is_killed(arena: Arena) -> None:
    take = "x=$(dd if=/dev/zero bs=1M count={} 2>/dev/null | tr '\\0' x)"
    result, _ = arena.fight(take.format(2000), honest=take.format(4))
    assert result.reason.code is ReasonCode.OUT_OF_MEMORY
    assert result.oom_killed
    assert "256 MiB" in result.reason.message


@pytest.mark.parametrize("executor", ["host"], indirect=True)
def test_a_killed_child_of_a_successful_parent_is_a_warning(arena: Arena) -> None:
    take = "(x=$(dd if=/dev/zero bs=1M count={} 2>/dev/null | tr '\\0' x); echo $?)"
    result, _ = arena.fight(f"{take.format(2000)}; {OK}", honest=take.format(4))
    assert result.succeeded
    assert result.oom_killed
    assert any("256 MiB" in warning for warning in result.reason.warnings)


@pytest.mark.parametrize(
    ("folder", "said"), [("/tmp", "/tmp, which is limited to 16 MiB"), ("/output", "8 MiB")]
)
def test_a_disk_filler_meets_the_end_of_the_disk(arena: Arena, folder: str, said: str) -> None:
    fill = f"dd if=/dev/zero of={folder}/fill bs=1M count={{}}"
    honest = f"{fill.format(1)} && rm {folder}/fill"
    result, recorder = arena.fight(f"{fill.format(500)} || exit 1", honest=honest)
    assert result.reason.code is ReasonCode.DISK_FULL, recorder.log
    assert said in result.reason.message


def test_one_giant_sparse_file_is_refused(arena: Arena) -> None:
    sparse = "dd if=/dev/zero of=/output/result.json bs=1 count=1 seek={}"
    result, _ = arena.fight(f"{sparse.format('4T')}; true", honest=sparse.format("1K"))
    assert not result.succeeded
    assert result.outputs == ()


def test_a_thousand_sparse_files_cannot_flood_the_worker(arena: Arena) -> None:
    one = "dd if=/dev/zero of=/output/$i bs=1 count=1 seek=7M"
    sparse = f"i=0; while [ $i -lt {{}} ]; do {one}; i=$((i+1)); done"
    result, recorder = arena.run(f"({sparse.format(200)}) 2>/dev/null; {OK}")
    total = sum(len(content) for content in recorder.files.values())
    assert total < MIB
    assert result.succeeded or result.reason.code is ReasonCode.OUTPUT


@pytest.mark.parametrize("text", ["yes 0123456789012345678901234567890123456789", "cat /dev/zero"])
def test_a_log_flood_is_cut(arena: Arena, text: str) -> None:
    result, recorder = arena.fight(text, honest="seq 1000")
    assert result.reason.code is ReasonCode.LOG_LIMIT
    assert len(recorder.log) == result.log_bytes == SMALL.log_bytes
    assert result.timings.executing < 10


def test_sleeping_for_ever_and_ignoring_signals_ends_at_the_wall_clock(arena: Arena) -> None:
    result, _ = arena.fight(
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        honest="trap '' TERM INT HUP; sleep 1",
        limits=QUICK,
    )
    assert result.reason.code is ReasonCode.TIME_LIMIT
    assert "4 s" in result.reason.message
    assert QUICK.wall_clock <= result.timings.executing < QUICK.wall_clock + 5


@pytest.mark.parametrize(
    "attempt",
    [
        "nslookup example.org",
        "nc -w 2 169.254.169.254 80",
        "nc -w 2 172.17.0.1 2375",
    ],
    ids=["names", "cloud-metadata", "engine"],
)
def test_there_is_no_network(arena: Arena, attempt: str) -> None:
    result, recorder = arena.fight(f"{attempt} || exit 1", honest="cat /proc/net/route")
    assert result.reason.code is ReasonCode.NETWORK, recorder.log


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("ln -s /etc/passwd /output/result.json", "a symbolic link"),
        ("ln -s /proc/self/environ /output/result.json", "a symbolic link"),
        ("mkfifo /output/result.json", "a named pipe"),
        ("echo 1 > /output/a; ln /output/a /output/result.json", "a hard link"),
        ("mkdir /output/result.json", "a folder"),
    ],
    ids=["symlink", "proc", "fifo", "hardlink", "folder"],
)
def test_only_plain_files_leave_the_container(arena: Arena, attack: str, kind: str) -> None:
    result, recorder = arena.fight(attack, honest="echo 1 > /output/other")
    assert result.reason.code is ReasonCode.OUTPUT
    assert kind in result.reason.message
    assert recorder.files == {}


def test_a_linked_folder_does_not_lead_out(arena: Arena) -> None:
    slot = OutputSlot(slug="mask", relative_path="images/mask", kind=OutputKind.IMAGE)
    result, recorder = arena.run(
        f"mkdir /tmp/mask; echo x > /tmp/mask/a.mha; ln -s /tmp /output/images; {OK}",
        outputs=(RESULT, slot),
    )
    assert result.reason.code is ReasonCode.OUTPUT
    assert recorder.files == {}
    result, recorder = arena.run(
        f"mkdir -p /output/images/mask; echo x > /output/images/mask/a.mha; {OK}",
        outputs=(RESULT, slot),
    )
    assert recorder.files["mask"] == b"x\n"


@pytest.mark.parametrize("place", ["/evil", "/bin/evil", "/home/user/evil", "/input/evil"])
def test_nothing_but_scratch_and_output_is_writable(arena: Arena, place: str) -> None:
    result, _ = arena.fight(f"touch {place} || exit 1", honest="touch /tmp/good")
    assert result.reason.code is ReasonCode.READ_ONLY
    assert f"`{place}`" in result.reason.message
    assert "Writable root" in result.reason.advice


@pytest.mark.parametrize(
    "attempt",
    [
        "mknod /tmp/disk b 254 0",
        "mount -t tmpfs none /tmp",
        "echo 1 > /proc/sys/kernel/panic",
        "echo x > /proc/sysrq-trigger",
        "head -c 1 /proc/kcore",
        "cat /etc/shadow",
    ],
)
def test_no_door_to_the_host_opens(arena: Arena, attempt: str) -> None:
    result, recorder = arena.run(f"{attempt} && exit 7; echo refused; {OK}")
    assert result.exit_code == 0, recorder.log
    assert b"refused" in recorder.log


def test_an_image_that_claims_root_runs_as_its_resolved_user(
    executor: Executor, files: FileServer
) -> None:
    """Archives are refused with root; should one slip through, the engine is told a number."""
    image = files.publish_image(shell_image(f"id -u; {OK}", user="user"))
    stranger = replace(
        image.manifest, user=UserIdentity(declared="root", uid=54321, gid=54321, home="/")
    )
    result, recorder = run(executor, make_spec(replace(image, manifest=stranger)))
    assert result.succeeded
    assert recorder.log == b"54321\n"


def test_the_workers_files_are_out_of_sight(arena: Arena, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("worker secret")
    os.chmod(secret, 0o644)
    result, recorder = arena.run(f"cat {secret}; env; {OK}")
    assert result.succeeded
    assert b"worker secret" not in recorder.log
    assert b"DOCKER_HOST" not in recorder.log


def test_a_volume_that_the_image_declares_is_no_way_to_the_hosts_disk(
    executor: Executor, files: FileServer, engine: str
) -> None:
    recipe = shell_image(f"dd if=/dev/zero of=/data/x bs=1M count=300; {OK}", volumes=["/data"])
    client = docker.DockerClient(base_url=engine)
    before = anonymous_volumes(client)
    result, recorder = run(executor, make_spec(files.publish_image(recipe)))
    assert result.succeeded, recorder.log
    assert b"300+0 records out" not in recorder.log
    assert anonymous_volumes(client) == before
    client.close()


def test_labels_of_an_image_do_not_reach_the_host(
    executor: Executor, files: FileServer, engine: str
) -> None:
    """Labels of an image steer programs on the host (reverse proxies): a run carries none."""
    recipe = shell_image("sleep 100", labels={"traefik.enable": "true", "hounsfield.job": "x"})
    spec = make_spec(files.publish_image(recipe))
    handle = executor.provision(spec)
    client = docker.DockerClient(base_url=engine)
    try:
        container = client.containers.get(f"hounsfield-{spec.run_id}")
        assert container.labels["traefik.enable"] == ""
        assert container.labels["hounsfield.job"] == spec.run_id
    finally:
        client.close()
        executor.release(handle)
