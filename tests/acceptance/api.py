"""The whole API against its own schema: generated requests, no server error, no violation."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.clients.environments import python_with
from tests.clients.portal import TOKEN, live_portal

SCHEMATHESIS = "schemathesis==4.32.5"
CASES = 2000
SEED = 20261121
CHECKS = (
    "not_a_server_error",
    "response_schema_conformance",
    "content_type_conformance",
    "status_code_conformance",
)


def run(record: dict[str, Any]) -> None:
    """Send at least `CASES` generated requests to every operation but the endless log stream."""
    with (
        tempfile.TemporaryDirectory(prefix="hounsfield-api-") as folder,
        live_portal(Path(folder) / "portal") as portal,
    ):
        done = subprocess.run(
            [
                str(python_with(SCHEMATHESIS).with_name("schemathesis")),
                *("run", f"{portal.url}/api/schema/?format=json"),
                *("--tls-verify", str(portal.certificate)),
                *("-H", f"Authorization: Bearer {TOKEN}"),
                *("--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing"),
                *("--max-examples", "5", "--seed", str(SEED), "--workers", "2"),
                *("--exclude-path-regex", "log/stream"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
    found = re.search(r"([\d,]+) generated", done.stdout)
    record["seed"] = SEED
    record["cases"] = int(found.group(1).replace(",", "")) if found else 0
    if done.returncode != 0 or record["cases"] < CASES:
        raise AssertionError(done.stdout[-6000:] + done.stderr[-2000:])
