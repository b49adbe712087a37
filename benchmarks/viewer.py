"""The viewer beside OHIF on Orthanc, beside a plain download, and beside what physics leaves.

A CT of 512 x 512 x 500 is shown by all of them in one warm browser, on loopback and over a line of
100 Mbit/s with a round trip of 20 ms; ours also from a bucket that it has not read before. That
all show the same pixels is asserted first. Then they take turns, five times. Every run is kept
in docs/benchmarks/viewer-runs.json, medians and ratios in viewer.json.

    python -m benchmarks.viewer [--quick] [--passes 5]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import viewer_floor, viewer_ohif, viewer_profile, viewer_wire
from benchmarks.line import MBIT, ROUND_TRIP_MS, Line, line
from benchmarks.record import FOLDER, keep
from benchmarks.viewer_browser import Chromium, chromium
from benchmarks.viewer_ohif import Ohif
from benchmarks.viewer_ours import FULL_LEVEL, Ours
from benchmarks.viewer_portal import Portal, WebServer, portal
from benchmarks.viewer_report import Run, goals, medians
from benchmarks.viewer_study import SLICES, Study, make_study
from tests.servers import s3_server

PREVIEW_LEVEL = 3
JUMPS, STEPS = 10, 20
LONGEST = 30 * 60  # seconds for all
QUICK_SLICES = 120
Subject = Callable[[], dict[str, Any]]


@dataclass
class Rig:
    """Everything that runs for the length of the benchmark."""

    study: Study
    portal: Portal
    chromium: Chromium
    wire_session: tuple[str, str]
    """Path and cookie of a session without a browser."""
    images: dict[str, Any]
    """One image for each way to look, all of the same pixels: what one read, no other has."""
    storage: str
    sizes: dict[str, int]
    """Bytes on the wire of a preview, of a full slice and of all slices."""
    stack: ExitStack
    peers: dict[str, Ohif] = field(default_factory=dict)
    plain_ports: dict[str, int] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def slices(self) -> int:
        """How many slices the volume has."""
        return len(self.study.pixels)

    def line_to(self, port: int) -> Line:
        """Return the line to a port; it is laid when it is first asked for."""
        if port not in self.lines:
            self.lines[port] = self.stack.enter_context(line(port))
        return self.lines[port]

    def ours(self, server: WebServer, *, image: str, over_line: bool) -> Ours:
        """Return our viewer of one of the images."""
        laid = self.line_to(server.port) if over_line else None
        return Ours(self.chromium, server, self.images[image], self.slices, laid)


def main() -> None:
    """Measure, write down and say which goals were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few slices, nothing is kept")
    parser.add_argument("--without-peers", action="store_true", help="ours and the floor alone")
    parser.add_argument("--pictures", type=Path, help="a folder for what the pages looked like")
    given = parser.parse_args()
    slices = QUICK_SLICES if given.quick else SLICES
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hounsfield-view-")))
        folder.chmod(0o755)
        rig, setup = furnish(stack, folder, slices=slices, peers=not given.without_peers)
        near = stack.enter_context(rig.portal.web_server())
        assert_equal_pixels(rig, near)
        warm_up(rig, near)
        say(began, "All show the same pixels; the passes begin.")
        runs = take_turns(rig, near, passes=given.passes, began=began, pictures=given.pictures)
        found = {"setup": setup, **medians(runs)}
        found["goals"] = goals(runs)
        profile = viewer_profile.explain(rig.ours(near, image="loopback", over_line=False))
        done = 1 + max(run["pass"] for run in runs)
        results = {**describe(rig, done, time.monotonic() - began), **found}
        results["profile"] = profile
    publish(results, runs, kept=not given.quick)


def furnish(
    stack: ExitStack, folder: Path, *, slices: int, peers: bool
) -> tuple[Rig, dict[str, Any]]:
    """Start what stays, and give everybody the volume."""
    study = make_study(folder, slices=slices)
    home = stack.enter_context(portal(folder / "portal"))
    person = home.make_person("reader")
    began = time.perf_counter()
    images = {"loopback": home.store_image(study.converted, owner=person)}
    stored = time.perf_counter()
    home.pack_image(images["loopback"])
    packed = time.perf_counter()
    for name in ("line", "wire"):
        images[name] = home.add_image(study.converted, owner=person)
    storage = stack.enter_context(s3_server())
    home.copy_to(storage)
    sizes = sizes_of(home.pack_of(images["loopback"]))
    cookie = home.cookie_of(person)
    wire_session = (home.session_path(person, images["wire"]), "=".join(cookie))
    browser = stack.enter_context(chromium(folder / "profile"))
    browser.sign_in(cookie)
    rig = Rig(study, home, browser, wire_session, images, storage, sizes, stack)
    add_peers(rig, folder, wanted=peers)
    setup = {
        "image_stored_seconds": round(stored - began, 2),
        "packed_seconds": round(packed - stored, 2),
        "bytes": sizes,
    }
    return rig, setup


def sizes_of(pack: Path) -> dict[str, int]:
    """Return what a median preview, a median full slice and all slices take."""
    from app.images.slices import LocalFile, PackReader

    with PackReader(LocalFile(pack)) as reader:
        cuts = reader.cuts
    middle = len(cuts) // 2
    return {
        "preview": sorted(int(row[PREVIEW_LEVEL]) for row in cuts)[middle],
        "full": sorted(int(row[FULL_LEVEL]) for row in cuts)[middle],
        "previews": sum(int(row[PREVIEW_LEVEL]) for row in cuts),
        "all": sum(int(row[FULL_LEVEL]) for row in cuts),
    }


def add_peers(rig: Rig, folder: Path, *, wanted: bool) -> None:
    """Start OHIF on Orthanc where both are installed, and the site of the plain download."""
    why = viewer_ohif.missing() if wanted else "Left out as asked."
    orthanc_port = 1
    if why:
        print(f"!! OHIF on Orthanc is LEFT OUT: {why} !!", file=sys.stderr)
        rig.left_out.append(why)
    else:
        server = rig.stack.enter_context(viewer_ohif.orthanc(folder / "orthanc"))
        server.send(rig.study)
        orthanc_port = server.port
    viewer_ohif.lay_out(folder / "site", rig.study, with_ohif=not why)
    site = viewer_ohif.site(folder / "site", orthanc_port=orthanc_port)
    port = rig.stack.enter_context(site)
    rig.plain_ports = {"loopback": port, "line": rig.line_to(port).port}
    if not why:
        for where, laid in (("loopback", None), ("line", rig.line_to(port))):
            rig.peers[where] = Ohif(rig.chromium, server, port, rig.slices, laid)


def assert_equal_pixels(rig: Rig, near: WebServer) -> None:
    """Compare the pixels of everybody with those of the image; unlike ones are not timed."""
    wanted = rig.study.digests()
    if viewer_wire.ask(near.port, *rig.wire_session, pixels=True) != wanted:
        raise AssertionError("The slices on the wire are not those of the image.")
    if rig.ours(near, image="loopback", over_line=False).digests() != Counter(wanted):
        raise AssertionError("The slices that our viewer decodes are not those of the image.")
    whole = rig.study.pixels.tobytes()
    plain = once_more(partial(plain_visit, rig, "loopback", digest=True))
    if plain["digest"] != _sha256(whole):
        raise AssertionError("The plain download is not the image.")
    if rig.peers and rig.peers["loopback"].server.digests(rig.slices) != wanted:
        raise AssertionError("Orthanc's frames are not those of the image.")


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def warm_up(rig: Rig, near: WebServer) -> None:
    """Let the browser cache every page's scripts, and what it compiled of them."""
    for over_line in (False, True):
        rig.ours(near, image="line", over_line=over_line).warm()
    for peer in rig.peers.values():
        peer.warm()


def take_turns(
    rig: Rig, near: WebServer, *, passes: int, began: float, pictures: Path | None
) -> list[Run]:
    """Let everybody do everything once in every pass; a machine too slow for all makes fewer."""
    runs: list[Run] = []
    before = time.monotonic()
    for number in range(passes):
        taken_by_one = (time.monotonic() - before) / max(number, 1)
        if number and time.monotonic() + taken_by_one > began + LONGEST:
            say(began, f"There is no time left for pass {number}.")
            break
        with rig.portal.web_server(storage=rig.storage) as far:
            for name, subject in subjects(rig, near, far, number, pictures).items():
                taken = {"pass": number, "subject": name, "load": round(os.getloadavg()[0], 2)}
                runs.append({**taken, **once_more(subject)})
                say(began, f"{number}: {name}")
    return runs


def once_more(subject: Subject) -> dict[str, Any]:
    """Do it, and again if the page failed: Chromium drops requests when a neighbor's container
    adds a network interface to the machine.
    """
    try:
        return subject()
    except RuntimeError as error:
        print(f"!! Done again: {error} !!", file=sys.stderr)
        return subject() | {"done_again": 1}


def subjects(
    rig: Rig, near: WebServer, far: WebServer, number: int, pictures: Path | None
) -> dict[str, Subject]:
    """Return what is done in one pass, by name, in order: neighbors are of unlike kinds.

    OHIF over the line takes longer than all the rest, so it opens the study in the even passes
    and is scrolled in the odd ones.
    """
    found: dict[str, Subject] = {"floor, line": lambda: floor(rig, over_line=True)}
    _add_ours(found, rig, near, far, number=number, where="loopback")
    found["plain download, line"] = lambda: plain_visit(rig, "line")
    _add_ohif(found, rig, number=number, where="loopback", pictures=pictures)
    found["protocol, line, local"] = lambda: wire(rig, near, number, over_line=True)
    _add_ours(found, rig, near, far, number=number, where="line")
    found["plain download, loopback"] = lambda: plain_visit(rig, "loopback")
    found["floor, loopback"] = lambda: floor(rig, over_line=False)
    _add_ohif(found, rig, number=number, where="line", pictures=None)
    found["protocol, loopback, local"] = lambda: wire(rig, near, number, over_line=False)
    found["protocol, loopback, S3"] = lambda: wire(rig, far, number, over_line=False)
    return found


def _add_ours(
    found: dict[str, Subject], rig: Rig, near: WebServer, far: WebServer, *, number: int, where: str
) -> None:
    for storage, server in (("local", near), ("S3", far)):
        viewer = rig.ours(server, image=where, over_line=where == "line")
        found[f"ours, {where}, {storage}"] = viewer.open
        if storage == "local":
            found[f"ours, {where}, local, reading"] = partial(
                viewer.walk, seed=number, jumps=JUMPS, steps=STEPS
            )


def _add_ohif(
    found: dict[str, Subject], rig: Rig, *, number: int, where: str, pictures: Path | None
) -> None:
    peer = rig.peers.get(where)
    if peer is None:
        return
    name, even = f"OHIF, {where}", number % 2 == 0
    if where == "loopback" or even:
        picture = pictures / "ohif.png" if pictures and not number else None
        found[name] = partial(peer.open, picture=picture)
    if not even:
        found[f"{name}, reading"] = partial(peer.walk, seed=number, jumps=JUMPS, steps=STEPS)


def wire(rig: Rig, server: WebServer, number: int, *, over_line: bool) -> dict[str, Any]:
    """Measure the protocol without a browser; the whole of it where all is near."""
    port = rig.line_to(server.port).port if over_line else server.port
    cpu = server.cpu()
    found: dict[str, Any] = viewer_wire.ask(
        port, *rig.wire_session, times=20, jumps=JUMPS, seed=number, everything=True
    )
    cost = server.since(cpu)
    return found | {"server_cpu_seconds": cost.cpu_seconds, "server_rss_mb": cost.rss_mb}


def floor(rig: Rig, *, over_line: bool) -> dict[str, Any]:
    """Send the same bytes by nothing but TCP."""
    sizes = rig.sizes
    wanted = [sizes[name] for name in ("preview", "full", "previews", "all")]
    with viewer_floor.byte_server() as port:
        if over_line:
            with line(port) as laid:
                taken = viewer_floor.measured(laid.port, wanted, times=15)
        else:
            taken = viewer_floor.measured(port, wanted, times=15)
    found: dict[str, Any] = {f"{name}_ms": taken[str(sizes[name])] for name in sizes}
    if over_line:
        found |= {
            f"{name}_computed_ms": round(
                viewer_floor.computed(size, mbit=MBIT, round_trip_ms=ROUND_TRIP_MS), 2
            )
            for name, size in sizes.items()
        }
    return found


def plain_visit(rig: Rig, where: str, *, digest: bool = False) -> dict[str, Any]:
    """Fetch the MetaImage file in a page and inflate it there."""
    query = f"bytes={rig.study.size}{'&digest=1' if digest else ''}"
    url = f"http://127.0.0.1:{rig.plain_ports[where]}/plain/?{query}"
    with rig.chromium.visit(url) as visit:
        found: dict[str, Any] = visit.tab.evaluate(
            "(async () => { while (!window.plain) await new Promise((r) => setTimeout(r, 5));"
            " return window.plain; })()"
        )
    return found


def describe(rig: Rig, passes: int, seconds: float) -> dict[str, Any]:
    """Return what was measured with what."""
    return {
        "volume": f"512 x 512 x {rig.slices}, int16, {rig.study.size / 1e6:.0f} MB",
        "line": f"{MBIT:g} Mbit/s, {ROUND_TRIP_MS:g} ms round trip, a user-space proxy",
        "passes": passes,
        "seconds": round(seconds),
        "browser": rig.chromium.version,
        "peers": "OHIF 3.13.2 on Orthanc with DICOMweb" if rig.peers else "",
        "left_out": rig.left_out,
        "metaimage_bytes": rig.study.converted.path.stat().st_size,
    }


def publish(results: dict[str, Any], runs: list[Run], *, kept: bool) -> None:
    """Write medians, and every run on a line of its own."""
    if not kept:
        print(json.dumps(results, indent=2))
        return
    lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    (FOLDER / "viewer-runs.json").write_text(f"[\n{lines}\n]\n")
    keep("viewer", results)


def say(began: float, text: str) -> None:
    """Tell whoever waits how far it is."""
    print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
