"""The demo's containers, built on the spot without any image registry."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

NAMES = ("nodules", "nodules-naive", "otsu", "otsu-naive", "dice-evaluation", "file-evaluation")


class ContainersMissing(Exception):
    """The containers could not be built; the message says why and what to do."""


def build_containers(report: Callable[[str], None]) -> Path:
    """Build the archives that are missing and return their folder."""
    folder = Path(settings.HOUNSFIELD_HOME) / "demo" / "containers"
    missing = [name for name in NAMES if not (folder / f"{name}.tar").is_file()]
    if not missing:
        return folder
    command = [sys.executable, "-m", "demo.containers.build", "--output", str(folder)]
    with subprocess.Popen(
        [*command, "--only", *missing],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=settings.BASE_DIR,
    ) as process:
        last = ""
        for line in process.stdout or ():
            last = line.strip() or last
            report(last)
    if process.returncode:
        raise ContainersMissing(last)
    return folder
