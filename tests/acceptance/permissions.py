"""A weakened policy is noticed twice: by the table of rights and by the stories.

Every weakening of `tests.permissions.weakening` must make both fail. Whoever then regenerates the
table until it agrees gets a green table; the stories stay red, for nothing generates them.
"""

import atexit
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from config.local.servers import private_postgres
from config.local.slots import free_home
from tests.permissions.weakening import WEAKENINGS

ROOT = Path(__file__).resolve().parents[2]
TABLE = ["tests/permissions/test_table.py"]
STORIES = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/permissions/test_*stories.py")]
REGENERATED = "users-edit-archives"


def run(record: dict[str, Any]) -> None:
    """Check every weakening; say which stories noticed it."""
    stories = "\n".join(Path(ROOT / path).read_text() for path in STORIES)
    record["stories"] = len(re.findall(r"^def test_", stories, re.M))
    record["stories know the table"] = "permissions.table" in stories
    record["weakened"] = {name: _noticed(name) for name in WEAKENINGS}
    record["regenerated"] = regenerated(REGENERATED)
    unnoticed = [name for name, found in record["weakened"].items() if not all(found.values())]
    if unnoticed or record["stories know the table"] or record["stories"] < 30:
        raise AssertionError(f"Not noticed by both: {unnoticed}")


def _noticed(name: str) -> dict[str, int]:
    return {
        "table": failures(name, TABLE, "--maxfail=5"),
        "stories": failures(name, STORIES),
    }


def regenerated(
    name: str, *, rows: str = "", told: str = "", stories: Sequence[str] = STORIES
) -> dict[str, int]:
    """Write the table anew under the weakened policy; return what fails then.

    ``rows`` and ``told`` choose some rows and some stories.
    """
    chosen = ["-k", rows] if rows else []
    heard = ["-k", told] if told else []
    with tempfile.TemporaryDirectory() as folder:
        place = {"HOUNSFIELD_TABLE_FOLDER": folder}
        failures(name, TABLE, *chosen, HOUNSFIELD_TABLE="record", **place)
        found = {
            "table": failures(name, TABLE, *chosen, HOUNSFIELD_TABLE="use", **place),
            "stories": failures(name, stories, *heard, HOUNSFIELD_TABLE="use", **place),
        }
    if found["table"] or not found["stories"]:
        raise AssertionError(f"A regenerated table is green and stories are red, not {found}")
    return found


def failures(name: str, paths: Sequence[str], *options: str, **environ: str) -> int:
    """Run tests under a weakened policy; return how many failed. Raises when none ran.

    A few tests run in one process: to start more takes longer than they do.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--reuse-db"]
    command += ["-p", "tests.permissions.weakening"]
    command += [] if "-k" in options else ["-n", "2"]
    done = subprocess.run(
        [*command, *paths, *options],
        cwd=ROOT,
        env={**_own_environment(), "HOUNSFIELD_WEAKEN": name, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", done.stdout)
    }
    if not counts or "error" in done.stdout.splitlines()[-1]:
        raise AssertionError(done.stdout[-2000:] + done.stderr[-2000:])
    return counts.get("failed", 0)


def _own_environment() -> dict[str, str]:
    """Leave out what a test run around this one set: its servers and databases are not ours."""
    theirs = ("BROKER_URL", "CHANNEL_LAYER_URL", "HOUNSFIELD_HOME")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in theirs and not name.startswith("PYTEST_")
    }
    return kept | {"DATABASE_URL": _database()}


@lru_cache(maxsize=1)
def _database() -> str:
    """Return one database for all these runs: the first makes its tables, the rest find them."""
    address = os.environ.get("DATABASE_URL", "")
    if not address:
        stack = ExitStack()
        atexit.register(stack.close)
        home = stack.enter_context(free_home())
        address = stack.enter_context(private_postgres(home, durable=False))
    return urlunsplit(urlsplit(address)._replace(path="/weakened"))
