"""A private container engine appears when none is there, harms nobody, and goes away whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from config.local import engine as engines
from config.local import engine_daemon, engine_install
from config.local.engine import Engine, answers, ensure_engine, install_allowed, stop_engine
from config.local.engine_daemon import EngineError, layout
from config.local.engine_install import FORBID_ALL, no_service_start
from demo.containers.builder import ImageConfig, layer_from_tree, write_archive

SECONDS = 20


@pytest.fixture
def no_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the machine's own engine, so that a private one is needed."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engines, "_usual_hosts", lambda: iter(()))


@pytest.fixture
def private(tmp_path: Path, no_other_engine: None) -> Iterator[Engine]:
    allowed = install_allowed(os.environ)
    engine = ensure_engine(tmp_path, allow_install=allowed)
    assert engine.docker_host is not None, engine.why_not
    yield engine
    stop_engine(engine)
    engine_daemon.stop(layout(tmp_path), pid=None)


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def mentions(text: str) -> list[str]:
    """Command lines of running processes that name a path."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def mounted_below(folder: Path) -> bool:
    return f" {folder}/" in Path("/proc/self/mountinfo").read_text()


def start_sleeper(host: str, *, folder: Path) -> str:
    """Run this machine's own `sleep` in a container; returns the container's ID."""
    binary = shutil.which("sleep")
    assert binary is not None
    said = subprocess.check_output(["ldd", binary], text=True).split()
    needed = [word for word in said if word.startswith("/")]
    tree = folder / "sleeper"
    for name in (binary, *needed):
        copy = tree / name.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(name).resolve(), copy)
    layer = layer_from_tree(tree, path=folder / "layer.tar", created_by="sleep")
    config = ImageConfig(entrypoint=(binary, "600"))
    write_archive(folder / "sleeper.tar", config=config, layers=(layer,), tag="sleeper:latest")
    client = docker.DockerClient(base_url=host, timeout=60)
    (image,) = client.images.load((folder / "sleeper.tar").read_bytes())
    container = client.containers.run(image.id, network_mode="none", detach=True)
    client.close()
    return str(container.id)


class TestPrivateEngine:
    pytestmark = pytest.mark.docker

    def test_it_answers_and_stops_without_a_trace(self, private: Engine) -> None:
        assert private.home is not None
        assert private.docker_host is not None
        assert private.started_pid is not None
        places = layout(private.home)
        assert answers(private.docker_host)
        stop_engine(private)
        assert not answers(private.docker_host)
        assert mentions(str(places.root)) == []
        assert not mounted_below(places.root)
        shutil.rmtree(places.root)

    def test_other_engines_bridges_are_left_alone(self, private: Engine) -> None:
        before = set(os.listdir("/sys/class/net"))
        assert private.started_pid is not None
        own = os.readlink(f"/proc/{private.started_pid}/ns/net")
        assert own != os.readlink("/proc/self/ns/net")
        stop_engine(private)
        assert set(os.listdir("/sys/class/net")) == before

    def test_a_second_look_finds_it_and_does_not_own_it(self, private: Engine) -> None:
        assert private.home is not None
        again = ensure_engine(private.home, allow_install=False)
        assert again.docker_host == private.docker_host
        assert again.started_pid is None
        stop_engine(again)
        assert answers(private.docker_host or "")

    def test_stopping_ends_its_containers(self, private: Engine, tmp_path: Path) -> None:
        container = start_sleeper(private.docker_host or "", folder=tmp_path)
        assert mentions(container)
        stop_engine(private)
        assert mentions(container) == []
        assert not mounted_below(layout(tmp_path).root)

    def test_a_killed_daemon_leaves_nothing_after_stop(
        self, private: Engine, tmp_path: Path
    ) -> None:
        container = start_sleeper(private.docker_host or "", folder=tmp_path)
        assert private.started_pid is not None
        os.kill(private.started_pid, signal.SIGKILL)
        assert until(lambda: not answers(private.docker_host or ""))
        assert mentions(container), "the shim outlives its daemon; else this test shows nothing"
        stop_engine(private)
        assert mentions(str(layout(tmp_path).root)) == []
        assert not mounted_below(layout(tmp_path).root)
        shutil.rmtree(layout(tmp_path).root)

    def test_it_starts_again_after_a_crash(self, private: Engine, tmp_path: Path) -> None:
        start_sleeper(private.docker_host or "", folder=tmp_path)
        assert private.started_pid is not None
        os.kill(private.started_pid, signal.SIGKILL)
        assert until(lambda: not answers(private.docker_host or ""))
        again = ensure_engine(tmp_path, allow_install=False)
        try:
            assert again.why_not is None
            assert again.started_pid not in (None, private.started_pid)
        finally:
            stop_engine(again)

    def test_an_engine_whose_starter_died_is_taken_over(
        self, private: Engine, tmp_path: Path
    ) -> None:
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        owner = layout(tmp_path).owner
        owner.write_text(json.dumps({"pid": gone.pid, "started": 1}))
        adopted = ensure_engine(tmp_path, allow_install=False)
        assert adopted.started_pid == private.started_pid
        stop_engine(adopted)
        assert not answers(private.docker_host or "")

    def test_a_deep_state_folder_gets_short_sockets(
        self, tmp_path: Path, no_other_engine: None
    ) -> None:
        home = tmp_path.joinpath(*["deep" * 5] * 5)
        engine = ensure_engine(home, allow_install=install_allowed(os.environ))
        places = layout(home)
        try:
            assert engine.why_not is None
            assert engine.docker_host == places.docker_host
            assert places.run.stat().st_mode & 0o777 == 0o700
            start_sleeper(places.docker_host, folder=tmp_path)
        finally:
            stop_engine(engine)
        assert not places.run.exists()
        assert (home / "engine" / "data").is_dir()

    def test_what_the_daemon_said_is_told_when_it_cannot_start(
        self, private: Engine, tmp_path: Path
    ) -> None:
        stop_engine(private)
        places = layout(tmp_path)
        shutil.rmtree(places.data_root)
        places.data_root.write_text("a file where the data folder should be")
        failed = ensure_engine(tmp_path, allow_install=False)
        assert failed.docker_host is None
        assert failed.why_not is not None
        assert "did not start" in failed.why_not
        assert str(places.log) in failed.why_not
        assert mentions(str(places.root)) == []


def test_docker_host_is_respected_even_when_nothing_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    engine = ensure_engine(tmp_path, allow_install=True)
    assert engine.docker_host is None
    assert engine.started_pid is None
    assert "nobody.sock, but no container engine answers" in (engine.why_not or "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["", "nonsense://x", "tcp://127.0.0.1:1", "unix:///dev/null"])
def test_an_address_without_an_engine_does_not_answer(host: str, tmp_path: Path) -> None:
    assert not answers(host or f"unix://{tmp_path}/none.sock")


@pytest.mark.parametrize("reply", [None, False])
def test_nothing_is_installed_without_leave(
    tmp_path: Path, no_other_engine: None, monkeypatch: pytest.MonkeyPatch, reply: bool | None
) -> None:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return bool(reply)

    monkeypatch.setattr(engine_install, "check_possible", lambda: None)
    monkeypatch.setattr(engine_install, "find_dockerd", lambda: None)
    monkeypatch.setattr(engine_install, "install", lambda **_: pytest.fail("installed"))
    engine = ensure_engine(tmp_path, allow_install=False, ask=None if reply is None else ask)
    assert engine.docker_host is None
    assert "HOUNSFIELD_INSTALL_ENGINE=1" in (engine.why_not or "")
    assert len(asked) == (0 if reply is None else 1)


def test_without_root_the_reason_says_so(
    tmp_path: Path, no_other_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    engine = ensure_engine(tmp_path, allow_install=True)
    assert "only root can start one" in (engine.why_not or "")


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [
        ({}, False),
        ({"CI": "true"}, True),
        ({"CI": "1"}, False),
        ({"HOUNSFIELD_INSTALL_ENGINE": "1"}, True),
        ({"HOUNSFIELD_INSTALL_ENGINE": "0"}, False),
    ],
)
def test_the_environment_gives_leave_to_install(environ: dict[str, str], allowed: bool) -> None:
    assert install_allowed(environ) is allowed


@pytest.mark.parametrize("existing", [None, "#!/bin/sh\nexit 104\n"])
def test_services_are_forbidden_to_start_only_meanwhile(
    tmp_path: Path, existing: str | None
) -> None:
    policy = tmp_path / "policy-rc.d"
    if existing is not None:
        policy.write_text(existing)
    with no_service_start(policy):
        assert subprocess.run([str(policy)], check=False).returncode == 101
    assert (policy.read_text() if policy.exists() else None) == existing
    assert len(list(tmp_path.iterdir())) == (0 if existing is None else 1)


def test_a_policy_left_by_a_crash_is_mended(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(FORBID_ALL)
    (tmp_path / "policy-rc.d.hounsfield-saved").write_text("the owner's")
    with no_service_start(policy):
        pass
    assert policy.read_text() == "the owner's"
    assert [entry.name for entry in tmp_path.iterdir()] == ["policy-rc.d"]


def test_every_socket_below_the_run_folder_fits(tmp_path: Path) -> None:
    for depth in range(1, 40):
        run = layout(tmp_path.joinpath(*["abcde"] * depth)).run
        assert len(os.fsencode(run / "exec/containerd/containerd-debug.sock.ttrpc")) <= 107


def test_a_run_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    planted = tmp_path / "hounsfield-engine-x"
    (tmp_path / "elsewhere").mkdir()
    planted.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="belongs to another user"):
        engine_daemon._make_private(planted)
