"""The whole API against its own schema: generated requests, no server error, no violation."""

import tempfile
from pathlib import Path
from typing import Any

from tests.clients.generated import send_generated
from tests.clients.portal import live_portal

CASES = 2000
SEED = 20261121


def run(record: dict[str, Any]) -> None:
    """Send at least `CASES` generated requests to every operation but the endless log stream."""
    import tests.plugin  # noqa: F401 - starts the database server

    with (
        tempfile.TemporaryDirectory(prefix="hounsfield-api-") as folder,
        live_portal(Path(folder) / "portal") as portal,
    ):
        found = send_generated(
            portal,
            folder=Path(folder),
            examples=5,
            seed=SEED,
            phases="coverage,fuzzing",
            timeout=1800,
        )
    record.update(found)
    assert record["cases"] >= CASES, record
