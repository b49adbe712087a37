"""What a server loaded is out of the collector's sight."""

import json
import subprocess
import sys

SETTLE = """
import gc, json
from app.core.garbage import settle_in
before = len(gc.get_objects())
settle_in()
print(json.dumps([before, len(gc.get_objects()), gc.get_freeze_count(), gc.get_threshold()[0]]))
"""


def test_what_was_loaded_is_looked_at_no_more() -> None:
    """In a process of its own: it holds for the rest of its life."""
    done = subprocess.run(
        [sys.executable, "-c", SETTLE], capture_output=True, text=True, check=True
    )
    before, after, frozen, youngest = json.loads(done.stdout)
    assert after < before / 10
    assert frozen > before / 2
    assert youngest == 10_000
