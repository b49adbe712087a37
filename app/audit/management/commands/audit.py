"""``manage.py audit verify | seal | head | key``: the log's chain, from the command line."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from app.audit.services import seal, sign_head, verify
from app.audit.services.findings import Report
from app.audit.signing import public_pem


class Command(BaseCommand):
    """Check the audit log, or do at once what is done every few seconds anyway."""

    help = "Check the audit log (verify), seal (seal), sign a head (head), show the key (key)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("verify", help="check every event, seal and head; 1 if damaged")
        check.add_argument("--json", action="store_true", help="answer with JSON")
        verbs.add_parser("seal", help="seal every event that is committed")
        verbs.add_parser("head", help="write a signed head to the storage")
        verbs.add_parser("key", help="print the public key, to be kept elsewhere")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Do it; ``verify`` ends with exit code 1 when anything is amiss."""
        if verb == "verify":
            report = verify()
            self._tell(report, as_json=options["json"])
            if not report.sound:
                sys.exit(1)
        elif verb == "seal":
            done = seal(max_seconds=3600)
            busy = ". Another sealer is at work." if done.busy else "."
            self.stdout.write(f"Sealed {done.count:,} event(s){busy}")
        elif verb == "head":
            self.stdout.write(sign_head() or "Nothing is sealed yet.")
        else:
            self.stdout.write(public_pem(), ending="")

    def _tell(self, report: Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
            return
        for found in report.findings:
            self.stdout.write(f"{found.kind}: {found.text}")
        if report.findings.total > len(report.findings.kept):
            self.stdout.write(f"… and {report.findings.total - len(report.findings.kept):,} more.")
        self.stdout.write(
            f"{report.events:,} events, {report.sealed:,} seals and {report.heads:,} heads in "
            f"{report.seconds:.1f} s ({report.rate:,.0f} events/s)."
        )
        if report.last_sealed:
            self.stdout.write(f"Sealed up to event {report.last_sealed} ({report.last_at}).")
        if report.last_head:
            self.stdout.write(f"Last head: {report.last_head}.")
        self.stdout.write("DAMAGED" if not report.sound else "Sound: nothing was changed.")
