"""10,000 queued jobs: places, pages and claims stay under 100 ms, and nobody waits for one person.

Half of the jobs are one person's. Jobs of newcomers start within the length of one job: simulated
time, real claims. On a machine that is busy with something else, processor time is held to the
goal.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEST = "tests/execution/test_queue_trial.py"
TRIAL = {"jobs": 10_000, "flood": 5_000, "seed": 20261127, "repeats": 5}


def run(record: dict[str, Any]) -> None:
    """Run the trial in a test run of its own, with its own database and broker."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        report = Path(folder) / "report.json"
        trial = json.dumps({**TRIAL, "report": str(report)})
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", TEST],
            cwd=ROOT,
            env={**os.environ, "HOUNSFIELD_QUEUE_TRIAL": trial},
            capture_output=True,
            text=True,
            check=False,
        )
        if report.exists():
            record.update(json.loads(report.read_text()))
        if done.returncode != 0:
            raise AssertionError(done.stdout[-3000:] + done.stderr[-1000:])
