"""Five thousand damaged real files through the conversion process: it keeps all of its promises.

From every folder of the real images (docs/conversion.md, "Tests with real images"): no crash, no
file that takes ten seconds, bounded memory, every file accounted for, every image whole.
"""

from pathlib import Path
from typing import Any

from tests.data import DATA
from tests.fuzz.corpus import real_corpus
from tests.fuzz.trial import PEAK_MB, SLOWEST_SECONDS, run_trial

COUNT = 5_000
SEED = 20261126
KEPT = Path(__file__).resolve().parents[2] / "test-results" / "conversion-fuzz"


def run(record: dict[str, Any]) -> None:
    """Run the trial with the stored seed; files that break a promise are kept in test-results."""
    if DATA is None:
        raise RuntimeError("The real images are not here: set HOUNSFIELD_DATA")
    corpus = real_corpus(DATA)
    record["seed"] = SEED
    record["folders"] = len(corpus)
    record["bounds"] = {"peak_mb": PEAK_MB, "slowest_seconds": SLOWEST_SECONDS}
    outcome = run_trial(corpus, count=COUNT, seed=SEED, keep=KEPT)
    record.update(outcome.record())
    if outcome.faults:
        raise AssertionError(f"{len(outcome.faults)} promises broken")
