"""Requests that schemathesis makes from the schema, sent to a running portal and checked."""

import re
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.environments import python_with
from tests.clients.portal import TOKEN, LivePortal

SCHEMATHESIS = "schemathesis==4.32.5"
CHECKS = (
    "not_a_server_error",
    "response_schema_conformance",
    "content_type_conformance",
    "status_code_conformance",
)
ENDLESS = "log/stream"


def send_generated(
    portal: LivePortal, *, folder: Path, examples: int, seed: int, phases: str, timeout: int
) -> dict[str, Any]:
    """Send generated requests to every operation but the endless one; raise for a violation.

    Return the seed and how many were sent.
    """
    done = subprocess.run(
        [
            str(python_with(SCHEMATHESIS).with_name("schemathesis")),
            *("run", f"{portal.url}/api/schema/?format=json"),
            *("--tls-verify", str(portal.certificate)),
            *("-H", f"Authorization: Bearer {TOKEN}"),
            *("--checks", ",".join(CHECKS), "--phases", phases),
            *("--max-examples", str(examples), "--seed", str(seed), "--workers", "2"),
            *("--exclude-path-regex", ENDLESS),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    found = re.search(r"([\d,]+) generated", done.stdout)
    cases = int(found.group(1).replace(",", "")) if found else 0
    if done.returncode != 0 or not cases:
        told = done.stdout.partition(" FAILURES ")[2] or done.stdout[-6000:]
        raise AssertionError(told[:8000] + done.stderr[-2000:])
    return {"seed": seed, "cases": cases}
