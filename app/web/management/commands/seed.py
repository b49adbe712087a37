"""Fill a portal from a seed file."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.web.seeding import Problem, Result, UnusableSeed, json_schema, seed


class Command(BaseCommand):
    """Follows a seed file, wholly or not at all; a second time it changes nothing."""

    help = "Makes what a seed file describes (docs/seed.md). A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to follow it, or ask for the schema."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--file", type=Path, help="The seed file.")
        what.add_argument("--schema", action="store_true", help="Print the JSON Schema.")
        parser.add_argument("--dry-run", action="store_true", help="Do all and take it back.")
        parser.add_argument("--json", action="store_true", help="Print one JSON report instead.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, printing a line per entry; fail when there is any problem or conflict."""
        if options["schema"]:
            self.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False))
            return
        quiet, dry_run = options["json"], options["dry_run"]
        problems: Sequence[Problem] = ()
        result = Result([], dry_run=dry_run)
        try:
            result = seed(options["file"], say=self._skip if quiet else self._say, dry_run=dry_run)
        except UnusableSeed as error:
            problems = error.problems
        if quiet:
            self._report(result, problems)
        elif not problems:
            self._say(_summary(result))
        if problems or result.conflicts:
            words = "\n".join(str(problem) for problem in problems)
            raise CommandError(f"Nothing was changed.\n{words}".strip(), returncode=1)

    def _report(self, result: Result, problems: Sequence[Problem]) -> None:
        report = {
            "ok": not problems and not result.conflicts,
            "dry_run": result.dry_run,
            "counts": result.counts,
            "entries": [asdict(outcome) for outcome in result.outcomes],
            "problems": [asdict(problem) for problem in problems],
        }
        self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _skip(self, line: str) -> None:
        """Say nothing; the report has it."""


def _summary(result: Result) -> str:
    counts = ", ".join(f"{number} {status}" for status, number in result.counts.items())
    if result.dry_run:
        return f"A rehearsal, taken back: {counts}."
    if not result.conflicts and not result.counts["created"] and not result.counts["updated"]:
        return f"Nothing to do: {counts}."
    return f"{counts}."
