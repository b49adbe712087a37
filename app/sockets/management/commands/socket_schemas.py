"""Write the JSON Schemas of socket kinds: ``manage.py socket_schemas docs/schemas``."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.sockets.schemas import published_kinds


class Command(BaseCommand):
    """Write one file per JSON kind, named like its key; files of other names are left alone."""

    help = "Write the JSON Schemas of socket kinds into a folder."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/schemas"))

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Write the files and say how many."""
        folder.mkdir(parents=True, exist_ok=True)
        kinds = published_kinds()
        for key, schema in kinds.items():
            text = json.dumps(schema, indent=2, ensure_ascii=False)
            (folder / f"{key}.json").write_text(f"{text}\n", encoding="utf-8")
        self.stdout.write(f"{len(kinds)} schemas in {folder}.")
