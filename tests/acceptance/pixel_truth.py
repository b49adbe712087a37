"""What the viewer says and shows of all real images is what SimpleITK says of their files.

Needs ../shared/data (or HOUNSFIELD_DATA) and a browser; the record names every image and result.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
TEST = "tests/viewer/browser/test_pixel_truth.py"


def run(record: dict[str, Any]) -> None:
    """Run the browser test of every image in a test run of its own."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        report = Path(folder) / "report.xml"
        more = ("-W", "ignore", f"--junitxml={report}")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, TEST],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "CI"},
            capture_output=True,
            text=True,
            check=False,
        )
        for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
            record[str(case.get("name"))] = "passed" if not len(case) else case[0].tag
        if done.returncode != 0:
            raise AssertionError(done.stdout[-3000:] + done.stderr[-1000:])
        if not record:
            raise AssertionError("No image was looked at: is there a ../shared/data?")
