"""What a worker that was killed leaves on its machine, and an engine that dies under it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.execution.contract import RunSpec
from app.execution.contract.limits import MIB
from app.execution.executors import PlatformFault
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.loop import LoopDisk, detach_all_below, loop_is_possible
from tests.contract.executor_cases import SMALL
from tests.factories.containers import shell_image
from tests.factories.engines import serve

needs_loop = pytest.mark.skipif(not loop_is_possible(), reason="loop devices need root")


@needs_loop
@pytest.mark.docker
def test_a_worker_killed_while_it_read_outputs_leaves_nothing_mounted(tmp_path: Path) -> None:
    disk = LoopDisk(tmp_path / "disk0", size=4 * MIB, uid=1000, gid=1000)
    reading = disk.mounted(tmp_path / "view")
    reading.__enter__()  # and there it dies
    assert mounted_below(tmp_path)
    detach_all_below(tmp_path)
    assert mounted_below(tmp_path) == []
    assert list(devices_below(tmp_path)) == []
    (tmp_path / "view").rmdir()
    with pytest.raises(PlatformFault):
        reading.__exit__(None, None, None)


def mounted_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split()[4].startswith(f"{folder}/")]


def devices_below(folder: Path) -> Iterator[str]:
    for found in Path("/sys/block").glob("loop*/loop/backing_file"):
        if found.read_text().startswith(f"{folder}/"):
            yield found.parts[3]


class DyingEngine(BaseHTTPRequestHandler):
    """Says it is an engine, and dies in the middle of its answer to a new image."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        code, body = (
            (404, b'{"message": "No such image"}') if "/images/" in self.path else (200, VERSION)
        )
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"40\r\n{")
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Tests read their own output."""


VERSION = b'{"ApiVersion": "1.41", "Version": "20.10", "SecurityOptions": [], "NCPU": 1}'


@contextmanager
def dying_engine() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), DyingEngine) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def test_an_engine_that_dies_in_mid_answer_is_no_fault_of_the_job(tmp_path: Path) -> None:
    """Its loss must not count against the job's own few tries."""
    (tmp_path / "served").mkdir()
    with serve(tmp_path / "served") as files, dying_engine() as address:
        executor = DockerExecutor(work_folder=tmp_path / "runs", base_url=address, storage="host")
        spec = RunSpec(run_id="r", image=files.publish_image(shell_image("true")), limits=SMALL)
        with pytest.raises(PlatformFault):
            executor.provision(spec)
    assert list((tmp_path / "runs").iterdir()) == []
