"""The second implementation: what it takes out of CT and MR images, ours takes out as well.

`grand-challenge-dicom-de-identifier` is installed into an environment of its own and removed again;
the portal does not need it. A value that it removes or changes and ours keeps must be one of
`data/kept.csv`, checked to be a number or a term of the standard.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.uid import UID_dictionary

from app.images.deidentify import Profile, deidentify_file
from app.images.deidentify.rules import rules_of
from app.images.deidentify.words import are_terms, cleaned_kernel
from tests.data import DATA

PACKAGES = (
    "grand-challenge-dicom-de-identifier==0.1.1",
    "grand-challenge-dicom-de-id-procedure==2025.10.1",
)
CLASSES = {"1.2.840.10008.5.1.4.1.1.2": "CT", "1.2.840.10008.5.1.4.1.1.4": "MR"}
ROUNDS = 5
SECRET = bytes(range(32))
THEIRS = """
import json, sys, time
from pathlib import Path
from grand_challenge_dicom_de_identifier.deidentifier import DicomDeidentifier
files = json.loads(sys.stdin.readline())
cleaner = DicomDeidentifier()
for line in sys.stdin:
    started = time.process_time()
    for source, target in files:
        cleaner.deidentify_file(source, output=target)
    print(time.process_time() - started, flush=True)
"""


def run(record: dict[str, Any]) -> None:
    """Clean all CT and MR samples with both and compare."""
    if DATA is None:
        raise RuntimeError("the samples are not on this machine")
    with tempfile.TemporaryDirectory(prefix="hounsfield-deidentification-") as scratch:
        _compare(record, _samples(), Path(scratch))


def _samples() -> list[Path]:
    assert DATA is not None
    found = []
    for path in sorted(DATA.rglob("*")):
        if path.is_file() and path.read_bytes()[128:132] == b"DICM":
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            if str(dataset.get("SOPClassUID", "")) in CLASSES and "truncated" not in path.name:
                found.append(path)
    return found


def _compare(record: dict[str, Any], files: list[Path], scratch: Path) -> None:
    ours = [(path, scratch / f"ours-{number}.dcm") for number, path in enumerate(files)]
    theirs = [(path, scratch / f"theirs-{number}.dcm") for number, path in enumerate(files)]
    record["times"] = _timed(ours, theirs, scratch)
    kept: Counter[str] = Counter()
    violations: Counter[str] = Counter()
    removed = {"theirs": 0, "ours": 0}
    for (source, our), (_, their) in zip(ours, theirs, strict=True):
        before, mine, other = (_values(pydicom.dcmread(path)) for path in (source, our, their))
        removed["ours"] += len([1 for place in before if mine.get(place) != before[place]])
        for place, value in before.items():
            if other.get(place) == value:
                continue
            removed["theirs"] += 1
            if mine.get(place) == value:
                name = ".".join(keyword_for_tag(tag) or f"{tag:08x}" for tag in place[::2])
                (kept if _is_allowed(place, value) else violations)[name] += 1
    record["files"] = len(files)
    record["values taken out or changed"] = removed
    record["kept by ours alone"] = dict(sorted(kept.items()))
    record["violations"] = dict(violations)
    if violations:
        raise AssertionError(f"ours keeps what the other one removes: {sorted(violations)}")


def _timed(
    ours: list[tuple[Path, Path]], theirs: list[tuple[Path, Path]], scratch: Path
) -> dict[str, Any]:
    """Run both in turns; CPU milliseconds per file."""
    python = _environment(scratch / "venv")
    spent: dict[str, list[float]] = {"ours": [], "theirs": []}
    with subprocess.Popen(
        [python, "-c", THEIRS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([[str(a), str(b)] for a, b in theirs]) + "\n")
        for _ in range(ROUNDS):
            process.stdin.write("go\n")
            process.stdin.flush()
            spent["theirs"].append(float(process.stdout.readline()))
            started = time.process_time()
            for source, target in ours:
                deidentify_file(source, target, profile=Profile(), secret=SECRET)
            spent["ours"].append(time.process_time() - started)
        process.stdin.close()
    each = {name: [round(1000 * s / len(ours), 2) for s in times] for name, times in spent.items()}
    medians = {name: statistics.median(times) for name, times in each.items()}
    return {
        "CPU ms per file, each round": each,
        "median": medians,
        "ratio theirs to ours": round(medians["theirs"] / medians["ours"], 2),
        "load": os.getloadavg()[0],
    }


def _environment(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
        check=True,
    )
    return python


def _values(dataset: Dataset) -> dict[tuple[int, ...], str]:
    """Return tag and item number of each value, all the way down -> the value."""
    return dict(_walk(dataset, ()))


def _walk(dataset: Dataset, place: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str]]:
    for element in dataset:
        here = (*place, int(element.tag))
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from _walk(item, (*here, number))
        elif element.value not in (None, "", b""):
            yield here, str(element.value)


def _is_allowed(place: tuple[int, ...], value: str) -> bool:
    """Tell whether an attribute is kept by rule, with a value that is a number or a term."""
    tag = place[-1]
    if tag >> 16 & 1:
        return (tag >> 16, tag & 0xFF) == (0x0043, 0x2F) or tag & 0xFFFF < 0x100
    rule = rules_of(Profile()).rule(tag)
    if rule.check == "code" or value in UID_dictionary:  # codes and UIDs of the standard
        return True
    if rule.check == "kernel":
        return cleaned_kernel(value) == value
    numbers = value.replace("\\", " ").replace(",", " ").strip("[]").replace("'", "").split()
    return rule.action in "NU" and all(_is_number(part) or are_terms(part) for part in numbers)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
