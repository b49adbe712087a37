"""All of the executor contract on Podman's socket, with both ways to keep a run's files."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CASES = "tests/contract/test_podman.py"


def run(results: dict[str, Any]) -> None:
    version = subprocess.run(["podman", "--version"], capture_output=True, text=True, check=False)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "-p", "no:cacheprovider", "-n0", f"--junitxml={report}", "--timeout=600"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, CASES],
            cwd=ROOT,
            env={**os.environ, "HOUNSFIELD_PODMAN": "all", "HOUNSFIELD_INSTALL_ENGINE": "1"},
            check=False,
        )
        cases = ET.parse(report).getroot().iter("testcase")
        outcomes = {str(case.get("name")): _outcome(case) for case in cases}
    results["engine"] = version.stdout.strip()
    results["outcomes"] = dict(Counter(outcomes.values()))
    results["not_passed"] = {name: how for name, how in outcomes.items() if how != "passed"}
    assert done.returncode == 0, results["not_passed"]
    assert results["outcomes"].get("passed", 0) > 30, results["outcomes"]


def _outcome(case: ET.Element) -> str:
    for kind in ("failure", "error", "skipped"):
        if case.find(kind) is not None:
            return kind
    return "passed"
