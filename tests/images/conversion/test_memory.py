"""Memory does not grow with the number of slices, and a frame is held once."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from app.images.conversion import convert, scan
from app.images.conversion.child import ConversionReport, run_conversion
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

WATCH = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(child.pid, 0)
open(sys.argv[1], "w").write(json.dumps(used.ru_maxrss / 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def _converted(source: Path, folder: Path) -> tuple[ConversionReport, float]:
    """Convert in a child; return the report and the child's peak memory in MB."""
    watch, peak = folder / "watch.py", folder / "peak.json"
    watch.write_text(WATCH)
    report = run_conversion(
        source, folder / "out", prefix=[sys.executable, "-S", "-I", str(watch), str(peak)]
    )
    return report, json.loads(peak.read_text())


def _write_long_series(folder: Path, *, slices: int, side: int) -> None:
    """Write a series by patching one file's bytes: fast, and every header differs."""
    made = dicom.classic(dicom.volume(1, rows=side, columns=side))[0]
    made.ImagePositionPatient = ["0", "0", "12345.25"]
    made.InstanceNumber = "54321 "
    made.SOPInstanceUID = "1.2.3.400000"
    (path,) = dicom.save([made], folder)
    raw = path.read_bytes()
    path.unlink()
    for index in range(slices):
        changed = raw.replace(b"12345.25", f"{index * 1.25:08.2f}".encode())
        changed = changed.replace(b"54321 ", f"{index + 1:05d} ".encode())
        changed = changed.replace(b"1.2.3.400000", f"1.2.3.4{index:05d}".encode())
        (folder / f"an-image-with-a-long-name-as-archives-have-them-{index:06d}.dcm").write_bytes(
            changed
        )


@pytest.mark.slow
def test_five_thousand_slices_take_little_more_memory_than_ten(tmp_path: Path) -> None:
    peaks = []
    for slices in (10, 5000):
        source = tmp_path / f"in-{slices}"
        _write_long_series(source, slices=slices, side=64)
        (tmp_path / str(slices)).mkdir()
        report, peak = _converted(source, tmp_path / str(slices))
        assert [image.size for image in report.images] == [(64, 64, slices)]
        assert len(report.images[0].sources) == slices
        assert report.issues == []
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 60


def test_a_very_large_frame_is_held_once(tmp_path: Path) -> None:
    side = 10_000
    (tmp_path / "in").mkdir()
    _write_long_series(tmp_path / "made", slices=1, side=4)
    (path,) = (tmp_path / "made").iterdir()
    raw = path.read_bytes()
    rows, columns = (bytes([0x28, 0, element, 0]) + b"US\2\0" for element in (0x10, 0x11))
    four, many = (4).to_bytes(2, "little"), side.to_bytes(2, "little")
    raw = raw.replace(rows + four, rows + many).replace(columns + four, columns + many)
    start = raw.index(b"\xe0\x7f\x10\0OW") + 12
    raw = raw[: start - 4] + (2 * side * side).to_bytes(4, "little")
    large = tmp_path / "in" / "large.dcm"
    with large.open("wb") as file:
        file.write(raw)
        file.truncate(start + 2 * side * side)
    report, peak = _converted(tmp_path / "in", tmp_path)
    assert [image.size for image in report.images] == [(side, side, 1)]
    assert peak < 2 * side * side / 2**20 + 80


def test_an_enhanced_file_with_many_frames_is_bounded(tmp_path: Path) -> None:
    frames = 800
    pixels = dicom.volume(frames, rows=32, columns=32)
    dicom.save([dicom.enhanced(pixels)], tmp_path / "in")
    report, peak = _converted(tmp_path / "in", tmp_path)
    assert np.array_equal(pixels_of(report.images[0]), pixels.astype(int) - 1024)
    assert peak < 70 + frames * 0.04


def test_names_as_long_as_the_disk_takes_are_accounted_for(tmp_path: Path) -> None:
    """Lines of the protocol with names of thousands of characters are still believed."""
    source = tmp_path / "in"
    deep = source.joinpath(*["n" * 200] * 15)
    deep.mkdir(parents=True)
    names = []
    for made in dicom.save(dicom.classic(dicom.volume(4)), tmp_path / "made"):
        target = deep / ("m" * 180 + made.name)
        made.rename(target)
        names.append(os.path.relpath(target, source))
    (deep / "note.txt").write_text("no image")
    report = run_conversion(source, tmp_path / "out")
    assert report.restarts == 0
    assert sorted(map(str, report.images[0].sources)) == names
    assert [issue.code for issue in report.issues] == ["UnknownFormat"]


@pytest.mark.slow
def test_frames_without_an_offset_table_are_found_as_fast_as_with_one(tmp_path: Path) -> None:
    """pydicom would look for each frame from the start, in quadratic time (PS3.5 section A.4)."""
    frames = 800
    made = dicom.enhanced(np.full((frames, 8, 8), 0x0707, np.uint16))
    made.file_meta.TransferSyntaxUID = RLELossless
    starts = [2, 64, 66, *[0] * 13]
    frame = b"".join(start.to_bytes(4, "little") for start in starts) + bytes([193, 7]) * 2
    seconds = {}
    for has_table in (True, False):
        made.PixelData = encapsulate([frame] * frames, has_bot=has_table)
        made["PixelData"].VR = "OB"
        made["PixelData"].is_undefined_length = True
        (path,) = dicom.save([made], tmp_path / str(has_table))
        (group,) = scan([path]).groups
        began = time.process_time()
        image = convert(group, tmp_path)
        seconds[has_table] = time.process_time() - began
        assert (pixels_of(image) == 0x0707 - 1024).all()
    assert seconds[False] < 2 * seconds[True]
