"""Walk the line through the product over HTTP, against a running portal."""

import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.web.walkthrough import StepFailed, Walkthrough

CONTAINERS = ("otsu", "otsu-naive", "dice-evaluation")


class Command(BaseCommand):
    """Import, share, run, compete: prints one line per step and fails with the step's name."""

    help = "Walks steps 1, 4 and 5 of the product over HTTP with the DICOM files of a folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder and where the portal is."""
        parser.add_argument("--input", type=Path, required=True, help="Folder of DICOM files.")
        parser.add_argument("--url", default=settings.SITE_URL, help="The portal's address.")
        parser.add_argument("--password", default=settings.ENV.demo_password)

    def handle(self, *args: Any, **options: Any) -> None:
        """Take every step; exit 1 with the name of the one that failed."""
        walkthrough = Walkthrough(
            base_url=options["url"],
            password=options["password"],
            folder=options["input"],
            containers=self._containers(),
        )
        begin = time.monotonic()
        for name, step in walkthrough.steps():
            started = time.monotonic()
            try:
                seen = step()
            except StepFailed as error:
                raise CommandError(f"{name}: {error}", returncode=1) from error
            took = time.monotonic() - started
            self.stdout.write(f"{name:<22} {took:7.1f} s  {seen}")
            self.stdout.flush()
        self.stdout.write(f"{'everything':<22} {time.monotonic() - begin:7.1f} s")

    def _containers(self) -> Path:
        folder = Path(settings.HOUNSFIELD_HOME) / "demo" / "containers"
        missing = [name for name in CONTAINERS if not (folder / f"{name}.tar").is_file()]
        if missing:
            command = [sys.executable, "-m", "demo.containers.build", "--output", str(folder)]
            subprocess.run([*command, "--only", *missing], check=True)
        return folder
