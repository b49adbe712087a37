"""Damaged files through the real conversion process (the long run: `make accept`, see
`tests/acceptance/conversion_fuzz.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data import DATA
from tests.fuzz.corpus import made_corpus, real_corpus
from tests.fuzz.trial import Outcome, run_trial

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
