"""Damaged files through the real conversion process (the long run: `make accept`, see
`tests/acceptance/conversion_fuzz.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from app.images.conversion.child import run_conversion
from tests.data import DATA
from tests.fuzz.corpus import made_corpus, real_corpus
from tests.fuzz.trial import Outcome, run_trial
from tests.synthetic import dicom

COUNT = 60
SEED = 7


def _assert_promises_kept(outcome: Outcome) -> None:
    assert outcome.faults == []
    assert outcome.files == COUNT
    assert outcome.images > 0
    assert len(outcome.codes) > 5


def test_damaged_files_keep_every_promise(tmp_path: Path) -> None:
    _assert_promises_kept(run_trial(made_corpus(tmp_path), count=COUNT, seed=SEED))


@pytest.mark.data
def test_damaged_real_files_keep_every_promise() -> None:
    assert DATA is not None
    _assert_promises_kept(run_trial(real_corpus(DATA), count=COUNT, seed=SEED))


def _rle_frame(runs: int) -> bytes:
    """Return an RLE frame (PS3.5 annex G) of two segments that say `runs` times 128 bytes each."""
    segment = bytes([129, 7]) * runs
    offsets = [2, 64, 64 + len(segment), *[0] * 13]
    return b"".join(offset.to_bytes(4, "little") for offset in offsets) + segment * 2


def test_an_rle_frame_that_overflows_is_named_and_stops_nobody(tmp_path: Path) -> None:
    """The decoder's panic is no Exception in Python; it used to end the whole process."""
    source = tmp_path / "in"
    good, bad = (dicom.classic(dicom.volume(1, rows=64, columns=64))[0] for _ in range(2))
    for made, runs in ((good, 32), (bad, 33)):
        made.file_meta.TransferSyntaxUID = RLELossless
        made.PixelData = encapsulate([_rle_frame(runs)])
        made["PixelData"].VR = "OB"
        made["PixelData"].is_undefined_length = True
    dicom.save([good, bad], source)
    report = run_conversion(source, tmp_path / "out")
    assert report.restarts == 0
    assert {str(issue.file): issue.code for issue in report.issues} == {"0001.dcm": "DecodeFailed"}
    assert len(report.images) == 1
