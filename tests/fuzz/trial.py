"""Convert damaged files through the real child process and hold it to its promises.

No crash, no file that takes long, bounded memory, every file accounted for, every image whole.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from isal import isal_zlib

from app.images.conversion import ConvertedImage, Limits
from app.images.conversion.child import ConversionReport, run_conversion
from tests.fuzz.mutation import mutate, packed

LIMITS = Limits(
    frame_bytes=64 << 20,
    image_bytes=256 << 20,
    deflated_bytes=128 << 20,
    archive_bytes=256 << 20,
    archive_entry_bytes=64 << 20,
    address_space=2 << 30,
    wall_seconds=300.0,
)
SLOWEST_SECONDS = 10.0
PEAK_MB = 700.0
_BAD_CODES = ("Crashed", "TimedOut", "InternalError", "NotReached")

_WATCH = """
import json, os, subprocess, sys, time
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE)
last, slowest, at, working = time.monotonic(), 0.0, [], []
for line in child.stdout:
    now = time.monotonic()
    if b'"working"' in line or b'"progress"' in line:
        if working and now - last > slowest:
            slowest, at = now - last, working
        working = json.loads(line).get("working", [])
        last = now
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
_, status, used = os.wait4(child.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump({"rss": used.ru_maxrss / 1024, "slowest": slowest, "at": at[:3]}, file)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 1)
"""


@dataclass(slots=True)
class Outcome:
    """What a trial found. `faults` are broken promises, each with what is needed to repeat it."""

    files: int = 0
    images: int = 0
    peak_mb: float = 0.0
    slowest_seconds: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "files": self.files,
            "images": self.images,
            "peak_mb": round(self.peak_mb),
            "slowest_seconds": round(self.slowest_seconds, 2),
            "codes": dict(self.codes.most_common()),
            "faults": self.faults[:50],
        }


def run_trial(
    corpus: dict[str, list[Path]],
    *,
    count: int,
    seed: int,
    batch: int = 100,
    keep: Path | None = None,
) -> Outcome:
    """Convert `count` damaged files, made from `corpus` (a name to files that belong together).

    File number i depends on seed and i alone. `keep` is where files that broke a promise go.
    """
    outcome = Outcome()
    for start in range(0, count, batch):
        with tempfile.TemporaryDirectory(prefix="hounsfield-fuzz-") as folder:
            source = Path(folder) / "in"
            source.mkdir()
            for index in range(start, min(start + batch, count)):
                name, data = damaged(corpus, seed=seed, index=index)
                (source / name).write_bytes(data)
            before = len(outcome.faults)
            _convert(source, Path(folder), outcome)
            if keep is not None and len(outcome.faults) > before:
                _keep(source, keep, outcome.faults[before:])
    return outcome


def damaged(corpus: dict[str, list[Path]], *, seed: int, index: int) -> tuple[str, bytes]:
    """Return name and bytes of one damaged file; one in twelve is an archive."""
    random = Random(f"{seed}/{index}")
    names = sorted(corpus)
    name = names[index % len(names)]
    path = random.choice(corpus[name])
    raw = path.read_bytes()
    other = random.choice(corpus[random.choice(names)]).read_bytes()
    label = f"{index:05d}-{name}"
    if random.random() < 1 / 12:
        members = [("a/" + path.name, raw), ("b.dcm", mutate(raw, other, random)), ("c", other)]
        suffix, data = packed(members, random)
        return label + suffix, data
    return f"{label}-{path.name}", mutate(raw, other, random)


def _convert(source: Path, folder: Path, outcome: Outcome) -> None:
    watch, costs = folder / "watch.py", folder / "costs.json"
    watch.write_text(_WATCH)
    target = folder / "out"
    prefix = [sys.executable, str(watch), str(costs)]
    report = run_conversion(source, target, limits=LIMITS, prefix=prefix)
    names = sorted(path.name for path in source.iterdir())
    outcome.files += len(names)
    outcome.images += len(report.images)
    outcome.codes.update(issue.code for issue in report.issues)
    outcome.faults += list(_faults(report, names, target))
    if not costs.exists():
        outcome.faults.append("the last child was killed")
        return
    cost = json.loads(costs.read_text())
    outcome.peak_mb = max(outcome.peak_mb, cost["rss"])
    outcome.slowest_seconds = max(outcome.slowest_seconds, cost["slowest"])
    if cost["slowest"] > SLOWEST_SECONDS:
        outcome.faults.append(f"{cost['at']} took {cost['slowest']:.1f} s")
    if cost["rss"] > PEAK_MB:
        outcome.faults.append(f"the child took {cost['rss']:.0f} MB ({names[0]} …)")


def _faults(report: ConversionReport, names: list[str], target: Path) -> Iterator[str]:
    """Yield every promise the report breaks."""
    for issue in report.issues:
        if issue.code in _BAD_CODES:
            yield f"{issue.file}: {issue.code}: {issue.message}"
    if report.restarts:
        yield f"{report.restarts} children died"
    told = Counter((str(issue.file), issue.code, issue.message) for issue in report.issues)
    yield from (f"told {times} times: {what}" for what, times in told.items() if times > 1)
    named = {str(issue.file) for issue in report.issues}
    named |= {str(file) for image in report.images for file in image.sources}
    heads = {name if name in names else name.split("/")[0] for name in named}
    if heads != set(names):
        yield f"not accounted for: {sorted(set(names) ^ heads)[:5]}"
    found = {path.name for path in target.iterdir()}
    if found != {image.path.name for image in report.images}:
        yield "the output folder does not hold exactly the images"
    for image in report.images:
        if not _is_whole(image):
            yield f"{image.sources[0]}: the image is not whole"


def _is_whole(image: ConvertedImage) -> bool:
    """Tell whether as many pixels are in the file as its header and the report say."""
    head, _, data = image.path.read_bytes().partition(b"ElementDataFile = LOCAL\n")
    (size,) = re.findall(rb"^DimSize = (.+)$", head, re.MULTILINE)
    count = image.components * int(re.sub(r"\D", "", image.element_type)) // 8
    for extent in image.size:
        count *= extent
    decompressed = isal_zlib.decompressobj()
    left = count - len(decompressed.decompress(data, count + 1))
    return left == 0 and size.split() == [str(extent).encode() for extent in image.size]


def _keep(source: Path, keep: Path, faults: list[str]) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if any(path.name in fault for fault in faults):
            (keep / path.name).write_bytes(path.read_bytes())
