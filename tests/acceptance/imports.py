"""An import of 2,000 files whose Celery worker is killed ten times at random moments.

Every image is made and delivered exactly once, every file is accounted for, and nothing is left
in storage or on the worker's disk.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEST = "tests/images/test_killed_worker.py"
TRIAL = {"files": 2000, "kills": 10, "seed": 20261126, "celery": True}


def run(record: dict[str, Any]) -> None:
    """Run the trial in a test run of its own, with its own database and broker."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        report = Path(folder) / "report.json"
        trial = json.dumps({**TRIAL, "report": str(report)})
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", TEST],
            cwd=ROOT,
            env={**os.environ, "HOUNSFIELD_KILL_TRIAL": trial},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stdout[-3000:] + done.stderr[-1000:])
        record.update(json.loads(report.read_text()))
