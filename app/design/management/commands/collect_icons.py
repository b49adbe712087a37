"""Refresh the committed icon data from the Lucide package that npm installed.

Pages draw their icons from ``app/design/icons/lucide.json`` so that rendering a page needs no
Node. Run this after adding a name to ``names.txt`` or raising the version of ``lucide-static``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.design.icons import ICON_DATA, ICON_NAMES

_BODY = re.compile(r"<svg\b[^>]*>(?P<body>.*)</svg>", re.DOTALL)


class Command(BaseCommand):
    """Copy the drawings named in names.txt out of node_modules/lucide-static."""

    help = "Refresh app/design/icons/lucide.json from node_modules/lucide-static."

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the caller say where the npm package lies."""
        default = Path(settings.BASE_DIR) / "node_modules" / "lucide-static"
        parser.add_argument("--package", type=Path, default=default)

    def handle(self, *args: Any, package: Path, **options: Any) -> None:
        """Write one JSON file: the package's version and every drawing we use."""
        if not (package / "package.json").is_file():
            raise CommandError(f"No Lucide package at {package}. Run `npm ci` first.")
        version = json.loads((package / "package.json").read_text())["version"]
        icons = {name: drawing_of(name, package=package) for name in wanted_names()}
        data = {"source": f"lucide-static {version} (ISC)", "icons": icons}
        ICON_DATA.write_text(json.dumps(data, indent=1) + "\n")
        self.stdout.write(f"{len(icons)} icons from lucide-static {version}.")


def wanted_names() -> list[str]:
    """Names listed in names.txt, sorted and without repeats."""
    return sorted({line.strip() for line in ICON_NAMES.read_text().splitlines() if line.strip()})


def drawing_of(name: str, *, package: Path) -> str:
    """Return the markup inside one icon's <svg>, on one line."""
    path = package / "icons" / f"{name}.svg"
    if not path.is_file():
        raise CommandError(f"Lucide has no icon called {name!r}.")
    match = _BODY.search(path.read_text())
    if match is None:
        raise CommandError(f"{path} is not an SVG drawing.")
    return re.sub(r"\s+", " ", match["body"]).replace(" />", "/>").replace("> <", "><").strip()
