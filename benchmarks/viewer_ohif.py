"""OHIF on Orthanc, the way both are set up by people who know them.

Orthanc (Debian's) stores the series uncompressed, as it came, and serves it by DICOMweb without
gzip, which it is faster without. OHIF is the prebuilt application of its npm package, served
with long-lived caching from the same origin; its first picture is the middle slice, as ours.
"""

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from benchmarks.line import Line
from benchmarks.peers import ROOT
from benchmarks.viewer_browser import Chromium
from benchmarks.viewer_ours import STEPS_PER_SECOND, far_targets, scroll_times
from benchmarks.viewer_portal import free_port
from benchmarks.viewer_study import AIR, SERIES_UID, STUDY_UID, Study, sop_uid

OHIF = "@ohif/app@3.13.2"
KEPT = ROOT / "build" / "bench-ohif"
PLUGIN = "libOrthancDicomWeb.so"
PLUGIN_FOLDERS = (Path("/usr/share/orthanc/plugins"), Path("/usr/lib/orthanc"))
WADO = f"/dicom-web/studies/{STUDY_UID}/series/{SERIES_UID}/instances"
_CONFIG = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "showStudyList": True,
    "maxNumberOfWebWorkers": 2,
    "showWarningMessageForCrossOrigin": False,
    "showCPUFallbackMessage": False,
    "strictZSpacingForVolumeViewport": True,
    "maxNumRequests": {"interaction": 100, "thumbnail": 5, "prefetch": 25},
    "defaultDataSourceName": "orthanc",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "orthanc",
            "configuration": {
                "friendlyName": "Orthanc",
                "name": "orthanc",
                "wadoUriRoot": "/wado",
                "qidoRoot": "/dicom-web",
                "wadoRoot": "/dicom-web",
                "qidoSupportsIncludeField": True,
                "imageRendering": "wadors",
                "thumbnailRendering": "wadors",
                "enableStudyLazyLoad": True,
                "supportsFuzzyMatching": False,
                "supportsWildcard": True,
                "omitQuotationForMultipartRequest": True,
                "bulkDataURI": {"enabled": False},
            },
        }
    ],
}


def missing() -> str:
    """Say what is not installed; nothing when all is."""
    if shutil.which("Orthanc") is None or _plugin() is None:
        return "Orthanc is not installed: apt-get install orthanc orthanc-dicomweb"
    if not _application().is_dir():
        return _fetch_application()
    return ""


def _plugin() -> Path | None:
    return next((f / PLUGIN for f in PLUGIN_FOLDERS if (f / PLUGIN).exists()), None)


def _application() -> Path:
    return KEPT / "package" / "dist"


def _fetch_application() -> str:
    """Get OHIF's package from npm, once; return why that did not work."""
    KEPT.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        ["npm", "pack", OHIF, "--silent", "--pack-destination", str(KEPT)],
        cwd=KEPT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if packed.returncode:
        return f"OHIF could not be fetched (npm pack {OHIF}): {packed.stderr[-200:]}"
    archive = KEPT / packed.stdout.split()[-1]
    subprocess.run(
        ["tar", "-xzf", archive.name, "--exclude", "*.map", "package/dist"], cwd=KEPT, check=True
    )
    archive.unlink()
    return ""


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc that holds the series."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Return the seconds of processor it has used."""
        used = self.process.cpu_times()
        return used.user + used.system

    def rss_mb(self) -> float:
        """Return what it has in memory."""
        return self.process.memory_info().rss / 1e6

    def send(self, study: Study) -> None:
        """Store the files of the series, one by one."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60) as client:
            for path in sorted(study.series.iterdir()):
                client.post("/instances", content=path.read_bytes()).raise_for_status()

    def digests(self, slices: int) -> list[str]:
        """Return the SHA-256 of every slice's pixels in HU, as DICOMweb gives them."""
        headers = {
            "Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*',
            "Accept-Encoding": "identity",
        }
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers) as client,
            ThreadPoolExecutor(2) as pool,
        ):

            def one(number: int) -> str:
                answer = client.get(f"{WADO}/{sop_uid(number)}/frames/1", timeout=60)
                return _digest(answer.raise_for_status().content)

            return list(pool.map(one, range(slices)))


def _digest(multipart: bytes) -> str:
    start = multipart.index(b"\r\n\r\n") + 4
    stored = np.frombuffer(multipart, np.uint16, count=512 * 512, offset=start)
    return hashlib.sha256((stored.astype(np.int32) + AIR).astype(np.int16).tobytes()).hexdigest()


@contextmanager
def orthanc(folder: Path) -> Iterator[Orthanc]:
    """Run Orthanc in a folder of its own."""
    folder.mkdir()
    port = free_port()
    configuration = {
        "Name": "benchmark",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "DicomPort": free_port(),
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpCompressionEnabled": False,
        "KeepAlive": True,
        "TcpNoDelay": True,
        "HttpThreadsCount": 50,
        "SaveJobs": False,
        "Plugins": [str(_plugin())],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["Orthanc", str(folder / "orthanc.json")], stdout=log, stderr=log, cwd=folder
        )
    try:
        _wait(f"http://127.0.0.1:{port}/system", process)
        yield Orthanc(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(address, timeout=5).raise_for_status()
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{address} did not answer.") from None
            time.sleep(0.1)
        else:
            return


@contextmanager
def site(folder: Path, *, orthanc_port: int) -> Iterator[int]:
    """Serve a folder, and Orthanc below it; yield the port."""
    program = Path(__file__).with_name("viewer_site.mjs")
    process = subprocess.Popen(
        ["node", str(program), str(folder), str(orthanc_port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        process.wait(10)


def lay_out(folder: Path, study: Study, *, with_ohif: bool) -> None:
    """Put OHIF (by links) and the page of the plain download into a folder to serve."""
    plain = folder / "plain"
    plain.mkdir(parents=True)
    script = "<!doctype html><title>Plain</title><script type=module src=plain.js></script>"
    (plain / "index.html").write_text(script)
    shutil.copy(Path(__file__).with_name("viewer_plain.js"), plain / "plain.js")
    (plain / "volume.mha").symlink_to(study.converted.path)
    if with_ohif:
        for path in _application().iterdir():
            if path.name != "app-config.js":
                (folder / path.name).symlink_to(path)
        (folder / "app-config.js").write_text(f"window.config = {json.dumps(_CONFIG)};")


@dataclass(frozen=True)
class Ohif:
    """OHIF, reached by loopback or over a line."""

    chromium: Chromium
    server: Orthanc
    port: int
    slices: int
    line: Line | None = None

    @property
    def url(self) -> str:
        """The address of the study in OHIF, opened at its middle slice."""
        middle = sop_uid(self.slices // 2)
        where = f"StudyInstanceUIDs={STUDY_UID}&initialSopInstanceUid={middle}"
        return f"http://127.0.0.1:{self.line.port if self.line else self.port}/viewer?{where}"

    def warm(self) -> None:
        """Visit once, for the browser's caches."""
        with self.chromium.visit(self.url, otherViewer=True) as visit:
            visit.ask("otherFirst")

    def open(self, *, picture: Path | None = None) -> dict[str, Any]:
        """Open the study and wait for all frames."""
        cpu = self.server.cpu()
        carried = self.line.carried()["down"] if self.line else 0
        with ExitStack() as stack:
            visit = stack.enter_context(self.chromium.visit(self.url, otherViewer=True))
            found: dict[str, Any] = visit.ask("otherFirst")
            if picture:
                visit.tab.look(picture)
            found |= visit.ask("otherAll", self.slices)
        found |= {
            "server_cpu_seconds": round(self.server.cpu() - cpu, 2),
            "server_rss_mb": round(self.server.rss_mb(), 1),
        }
        if self.line:
            found["bytes_on_the_line"] = self.line.carried()["down"] - carried
        return found

    def walk(self, *, seed: int, jumps: int, steps: int) -> dict[str, Any]:
        """Jump to slices far away, then scroll at a steady pace, all while the rest comes."""
        with self.chromium.visit(self.url, otherViewer=True) as visit:
            opened = visit.ask("otherFirst")
            targets = far_targets(self.slices, seed, jumps)
            far = [visit.ask("otherJump", target)["drawnFull"] for target in targets]
            scrolled = visit.ask("otherScroll", steps, STEPS_PER_SECOND)
        times = {"firstFull": opened["firstFull"], "jump_drawn_full_ms": far}
        return times | scroll_times(scrolled)
