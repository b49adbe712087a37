"""A CT series to a compressed MetaImage: ours beside panimg, SimpleITK and dcm2niix, in one run.

Each contender is a process of its own and they take turns, so that a busy machine is busy for all.
Figures of unlike images would mean nothing, so those of the first turn are compared before any
figure is kept. ``make bench-conversion``
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from benchmarks import peers
from benchmarks.record import keep
from benchmarks.series import write_series

sitk: Any = SimpleITK
Contender = Callable[[Path, Path], peers.Command]
Run = dict[str, Any]
GOALS = {
    "CPU of panimg / ours": (8.0, "at least"),
    "CPU of SimpleITK / ours": (3.0, "at least"),
    "our peak memory, MB": (100.0, "at most"),
    "our size / SimpleITK's": (1.05, "at most"),
    "CPU per slice, large / small series": (1.2, "at most"),
    "our peak memory on the large series, MB": (300.0, "at most"),
}


def main() -> int:
    """Measure, write down, and fail when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=5000, help="slices, 0 to leave it out")
    given = parser.parse_args()
    peers.install_panimg()
    versions = peers.versions()
    contenders: dict[str, Contender] = {
        "ours": peers.ours, "SimpleITK": peers.simpleitk, "panimg": peers.panimg,
    }  # fmt: skip
    if "dcm2niix" in versions:
        contenders["dcm2niix"] = peers.dcm2niix
    results: dict[str, Any] = {"slices": given.slices, "versions": versions}
    with tempfile.TemporaryDirectory(prefix="hounsfield-conversion-") as folder:
        work = Path(folder)
        write_series(work / "series", slices=given.slices)
        runs = measure(contenders, work, rounds=given.rounds)
        results |= {"median": summary(runs), "times_ours": times_ours(runs), "runs": runs}
        results["goals"] = figures(runs, None, slices=given.slices)
        keep("conversion", results)
        if given.large:
            large = measure_large(work, slices=given.large)
            results["large"] = large
            results["goals"] = figures(runs, large, slices=given.slices)
            keep("conversion", results)
    return 0 if all(goal["met"] for goal in results["goals"].values()) else 1


def run(contender: Contender, source: Path, target: Path) -> Run:
    """Run a contender into an empty folder; the image stays there."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    launcher = [sys.executable, "-S", "-I", str(Path(__file__).with_name("measured.py"))]
    done = subprocess.run(
        [*launcher, *contender(source, target)], capture_output=True, check=True, cwd=peers.ROOT
    )
    cost: Run = json.loads(done.stdout)
    if cost["status"] != 0:
        raise RuntimeError(f"{contender.__name__} failed: {cost['said']}")
    return {**cost, "bytes": image_in(target).stat().st_size}


def image_in(folder: Path) -> Path:
    """Return the one image in a folder."""
    (path,) = (path for path in folder.rglob("*") if path.suffix in {".mha", ".gz"})
    return path


def measure(contenders: dict[str, Contender], work: Path, *, rounds: int) -> dict[str, list[Run]]:
    """Let everybody convert the series, in turns; compare the images of the first."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, contender in contenders.items():
            runs[name].append(run(contender, work / "series", work / name))
            print(name, runs[name][-1], file=sys.stderr)
        if turn == 0:
            assert_equal_images({name: image_in(work / name) for name in contenders})
    return runs


def measure_large(work: Path, *, slices: int) -> Run:
    """Convert a series that fits in no memory we would want to pay for; ours alone."""
    needed = slices * 900_000
    if shutil.disk_usage(work).free < needed:
        raise RuntimeError(f"{needed / 1e9:.0f} GB of disk are needed; set TMPDIR, or --large 0")
    shutil.rmtree(work / "series")
    write_series(work / "series", slices=slices)
    return {"slices": slices, **run(peers.ours, work / "series", work / "out")}


def assert_equal_images(paths: dict[str, Path]) -> None:
    """Compare with what SimpleITK's reader made: grid and every pixel."""
    images = {
        name: sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS") for name, path in paths.items()
    }
    reference = images.pop("SimpleITK")
    for name, image in images.items():
        for what in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
            ours, theirs = getattr(image, what)(), getattr(reference, what)()
            if not np.allclose(ours, theirs, atol=1e-3):
                raise AssertionError(f"{name} differs in {what[3:]}: {ours}, {theirs}")
        pairs = zip(_slices(image), _slices(reference), strict=True)
        if not all(np.array_equal(a, b) for a, b in pairs):
            raise AssertionError(f"{name} differs in pixels")


def _slices(image: Any) -> Any:
    return sitk.GetArrayViewFromImage(image)


def summary(runs: dict[str, list[Run]]) -> dict[str, dict[str, float]]:
    """Return median CPU, shortest wall, peak memory and size of each."""
    return {
        name: {
            "cpu_seconds": round(statistics.median(one["cpu"] for one in of), 2),
            "min_wall_seconds": round(min(one["wall"] for one in of), 2),
            "peak_mb": max(one["rss"] for one in of),
            "output_mb": round(of[0]["bytes"] / 1e6, 1),
        }
        for name, of in runs.items()
    }


def times_ours(runs: dict[str, list[Run]]) -> dict[str, dict[str, float]]:
    """Return the same as multiples of ours."""
    found = summary(runs)
    return {
        name: {what: round(value / found["ours"][what], 2) for what, value in of.items()}
        for name, of in found.items()
        if name != "ours"
    }


def figures(runs: dict[str, list[Run]], large: Run | None, *, slices: int) -> dict[str, Any]:
    """Return each goal with what was found."""
    found = summary(runs)
    ours, simpleitk = found["ours"], found["SimpleITK"]
    values = {
        "CPU of panimg / ours": found["panimg"]["cpu_seconds"] / ours["cpu_seconds"],
        "CPU of SimpleITK / ours": simpleitk["cpu_seconds"] / ours["cpu_seconds"],
        "our peak memory, MB": ours["peak_mb"],
        "our size / SimpleITK's": runs["ours"][0]["bytes"] / runs["SimpleITK"][0]["bytes"],
    }
    if large is not None:
        per_slice = large["cpu"] / large["slices"]
        values["CPU per slice, large / small series"] = per_slice / (ours["cpu_seconds"] / slices)
        values["our peak memory on the large series, MB"] = large["rss"]
    return {name: _goal(name, value) for name, value in values.items()}


def _goal(name: str, value: float) -> dict[str, Any]:
    bound, kind = GOALS[name]
    met = value >= bound if kind == "at least" else value <= bound
    return {"goal": f"{kind} {bound:g}", "found": round(value, 3), "met": met}


if __name__ == "__main__":
    sys.exit(main())
