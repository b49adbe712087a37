"""Thousands of hostile sockets against a real viewer server, while an honest reader goes on.

Changed, oversized and too many messages, other people's and ended sessions, text, forbidden and
half-sent frames, readers who never acknowledge, lie about it, or do not read: every one is closed
with the code and the reason it deserves, the reader is served, and the server's memory is bounded.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEST = "tests/viewer/test_hostile.py"
TRIAL = {"cases": 3000, "seed": 20261127, "at_once": 8}


def run(record: dict[str, Any]) -> None:
    """Run the trial in a test run of its own, with its own database and server."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        report = Path(folder) / "report.json"
        trial = json.dumps({**TRIAL, "report": str(report)})
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", TEST],
            cwd=ROOT,
            env={**os.environ, "HOUNSFIELD_VIEWER_TRIAL": trial},
            capture_output=True,
            text=True,
            check=False,
        )
        if report.exists():
            record.update(json.loads(report.read_text()))
        if done.returncode != 0:
            raise AssertionError(done.stdout[-3000:] + done.stderr[-1000:])
