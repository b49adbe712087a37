"""``manage.py reconcile``: bring everything back in line with the database, once, and report."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.web.services.reconciling import Done, reconcile_all, reconcilers


class Command(BaseCommand):
    """Do by hand what the clock has done now and then."""

    help = (
        "Run every reconciler once: take back what dead workers held, send what the broker forgot, "
        "clear away what nobody needs. Safe at any time, beside a running portal too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to run, and how to tell."""
        parser.add_argument("--only", default="", help="those whose name contains this")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each; fail when one of them failed."""
        only = options["only"]
        if only and only not in "scratch" and not reconcilers(only):
            raise CommandError(f"No reconciler's name contains {only!r}.")
        done = []
        for one in reconcile_all(only):
            done.append(one)
            if not options["json"]:
                self.stdout.write(_line(one))
        if options["json"]:
            self.stdout.write(json.dumps([one.as_record() for one in done], indent=2))
        if failed := [one.name for one in done if one.problem]:
            raise CommandError(f"{len(failed)} of {len(done)} failed: {', '.join(failed)}.")


def _line(one: Done) -> str:
    mark = "✗" if one.problem else "✓"
    did = [f"{name} × {count}" for name, count in sorted(one.events.items())]
    did += [f"sent {name} × {count}" for name, count in sorted(one.sent.items())]
    said = one.problem or ", ".join(did) or "nothing to do"
    return f"{mark} {one.name} ({one.seconds:.2f} s): {said}"
