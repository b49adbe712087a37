"""Orphans of every kind, made for real, go; what is alive or somebody else's stays."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.execution.executors.docker import DockerExecutor
from app.execution.executors.docker_service import Hold
from app.execution.executors.keeper import pause_program
from app.execution.executors.loop import LoopDisk, devices_below, loop_is_possible
from app.execution.executors.orphans import shims_below
from tests.factories.engines import engine_address

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]
NAMESPACE = "hounsfield-test"


@pytest.fixture
def work_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def executor(work_folder: Path) -> DockerExecutor:
    return DockerExecutor(work_folder=work_folder, base_url=engine_address())


def run_folder(work_folder: Path, name: str) -> Path:
    folder = work_folder / name
    (folder / "input").mkdir(parents=True)
    return folder


def test_folders_of_dead_runs_go_and_those_of_live_ones_stay(
    executor: DockerExecutor, work_folder: Path
) -> None:
    for name in ("dead", "live"):
        run_folder(work_folder, name)
    assert executor.leftovers() == {"dead", "live"}
    assert executor.reap(live={"live"}) == ["dead"]
    assert [path.name for path in work_folder.iterdir()] == ["live"]


def test_a_run_that_came_between_looking_and_asking_is_not_touched(
    executor: DockerExecutor, work_folder: Path
) -> None:
    run_folder(work_folder, "dead")
    found = executor.leftovers()
    run_folder(work_folder, "claimed-since")
    assert executor.reap(live=set(), found=found) == ["dead"]
    assert executor.leftovers() == {"claimed-since"}


def test_what_a_living_process_keeps_up_stays(executor: DockerExecutor, work_folder: Path) -> None:
    folder = run_folder(work_folder, "server")
    hold = Hold(folder)
    assert executor.reap(live=set()) == []
    hold.release()
    assert executor.reap(live=set()) == ["server"]
    assert list(work_folder.iterdir()) == []


def test_a_probe_under_way_stays_and_one_that_was_cut_off_goes(
    executor: DockerExecutor, work_folder: Path
) -> None:
    fresh, old = (run_folder(work_folder, f"probe-{name}") for name in ("fresh", "old"))
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    assert executor.reap(live=set()) == ["probe-old"]
    assert fresh.exists()


def test_loop_devices_go_even_when_their_folder_is_gone(
    executor: DockerExecutor, work_folder: Path, tmp_path: Path
) -> None:
    if not loop_is_possible():
        pytest.skip("NO LOOP DEVICE IS REAPED HERE: that needs root and /dev/loop-control.")
    other = tmp_path / "somebody-else"
    other.mkdir()
    theirs = LoopDisk(other / "disk", size=1 << 20, uid=0, gid=0)
    LoopDisk(run_folder(work_folder, "dead") / "disk0", size=1 << 20, uid=0, gid=0)
    LoopDisk(run_folder(work_folder, "gone") / "disk0", size=1 << 20, uid=0, gid=0)
    shutil.rmtree(work_folder / "gone")
    assert len(list(devices_below(work_folder))) == 2
    assert executor.reap(live=set()) == ["dead", "gone"]
    assert list(devices_below(work_folder)) == []
    assert [device for device, _ in devices_below(other)] == [theirs.device]
    theirs.destroy()
    assert list(devices_below(other)) == []


def test_a_disk_does_not_free_a_device_that_is_anothers_by_now(tmp_path: Path) -> None:
    """The reaper was first, and the kernel gave the number away again."""
    if not loop_is_possible():
        pytest.skip("NO LOOP DEVICE IS FREED HERE: that needs root and /dev/loop-control.")
    for name in ("late", "lucky"):
        (tmp_path / name).mkdir()
    lucky = LoopDisk(tmp_path / "lucky" / "disk", size=1 << 20, uid=0, gid=0)
    late = LoopDisk(tmp_path / "late" / "disk", size=1 << 20, uid=0, gid=0)
    own, late.device = late.device, lucky.device
    late.destroy()
    assert [device for device, _ in devices_below(tmp_path / "lucky")] == [lucky.device]
    late.device = own
    for disk in (late, lucky):
        disk.destroy()
    assert list(devices_below(tmp_path)) == []


def containerd() -> str:
    """The address of the engine's containerd, empty where it is not to be had."""
    beside = Path(engine_address().removeprefix("unix://")).parent / "exec" / "containerd"
    for folder in (beside, Path("/run/containerd")):
        if (folder / "containerd.sock").is_socket() and shutil.which("ctr"):
            return str(folder / "containerd.sock")
    return ""


@contextmanager
def forgotten_container(address: str, *, mounted: Path, root: Path) -> Iterator[str]:
    """A container with a shim of its own that the engine knows nothing of."""
    name = f"orphan-{secrets.token_hex(4)}"
    root.mkdir(parents=True)
    (root / "pause").write_bytes(pause_program())
    (root / "pause").chmod(0o755)
    (root / "input").mkdir()
    ctr = ["ctr", "--address", address, "--namespace", NAMESPACE]
    mount = f"type=bind,src={mounted},dst=/input,options=rbind:ro"
    done = subprocess.run(
        [*ctr, "run", "--detach", "--mount", mount, "--rootfs", str(root), name, "/pause"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    try:
        yield name
    finally:
        for words in (("task", "delete", "--force"), ("container", "delete")):
            subprocess.run([*ctr, *words, name], capture_output=True, check=False)


def test_shims_that_the_engine_forgot_go_with_their_containers(
    executor: DockerExecutor, work_folder: Path, tmp_path: Path
) -> None:
    address = containerd()
    if not address or os.geteuid() != 0:
        pytest.skip("NO SHIM IS REAPED HERE: that needs root, ctr and the engine's containerd.")
    ours = run_folder(work_folder, "dead")
    other = run_folder(tmp_path / "another-worker", "theirs")
    with (
        forgotten_container(address, mounted=ours / "input", root=tmp_path / "root-1"),
        forgotten_container(address, mounted=other / "input", root=tmp_path / "root-2"),
    ):
        (shim,) = shims_below(work_folder)
        (stays,) = shims_below(other.parent)
        assert shim.run_ids == {"dead"}
        shutil.rmtree(ours)
        assert executor.leftovers() == {"dead"}
        assert executor.reap(live={"dead"}) == []
        assert _lives(shim.pid)
        assert executor.reap(live=set()) == ["dead"]
        deadline = time.monotonic() + 20
        while _lives(shim.pid) or list(shims_below(work_folder)):
            assert time.monotonic() < deadline, "the shim lives on"
            time.sleep(0.05)
        assert _lives(stays.pid), "another worker's container was ended"


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
