"""A container engine and a file server for tests that run real containers."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.execution.contract import ImageManifest, inspect_archive
from app.execution.contract.spec import ImageReference
from config.local.engine import answers, ensure_engine
from tests.factories.containers import ContainerRecipe

_SHARED = Path(tempfile.gettempdir()) / f"hounsfield-test-engine-{os.getuid()}"


def engine_address() -> str:
    """The address of an engine that answers, one for all test processes on this machine.

    The engine that answers at DOCKER_HOST or at a usual socket is used; else a private one is
    started under the temporary folder and left running for the next test process.
    """
    _SHARED.mkdir(mode=0o700, exist_ok=True)
    remembered = _SHARED / "address"
    with (_SHARED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.environ.get("DOCKER_HOST") and remembered.exists():
            address = remembered.read_text()
            if answers(address):
                return address
        engine = ensure_engine(_SHARED / "engine", allow_install=True)
        if engine.docker_host is None:
            raise RuntimeError(f"Tests marked `docker` need an engine: {engine.why_not}")
        remembered.write_text(engine.docker_host)
        return engine.docker_host


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Tests read their own output, not the server's."""


class FileServer:
    """Files of a folder by http, as signed addresses would give them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._address = f"http://127.0.0.1:{port}"

    def publish(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return f"{self._address}/{name}"

    def publish_image(self, recipe: ContainerRecipe, *, oci: bool = False) -> ImageReference:
        """The image as a run refers to it, checked as an upload would be."""
        name = f"{recipe.image_id().removeprefix('sha256:')}{'-oci' if oci else ''}.tar"
        recipe.write(self.folder / name, oci=oci)
        return self.publish_archive(name)

    def publish_archive(self, name: str) -> ImageReference:
        """The same for an archive that lies in the folder."""
        path = self.folder / name
        manifest: ImageManifest = inspect_archive(path)
        return ImageReference(
            manifest=manifest,
            archive_url=f"{self._address}/{name}",
            archive_bytes=path.stat().st_size,
        )


@contextmanager
def serve(folder: Path) -> Iterator[FileServer]:
    handler = partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield FileServer(folder, server.server_address[1])
        finally:
            server.shutdown()
