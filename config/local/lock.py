"""One supervisor per state folder."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from config.local.errors import HomeInUse
from config.local.processes import ProcessRecord

FILE = Path("run") / "demo.lock"


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the state folder for one supervisor; the lock goes with the process, even after a crash.

    Raises
    ------
    HomeInUse
        When another supervisor holds it.
    """
    with (home / FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = holder_of(home)
            owner = f" (process {holder.pid})" if holder else ""
            raise HomeInUse(home=home, owner=owner) from None
        file.truncate(0)
        file.write(json.dumps(asdict(ProcessRecord.of(os.getpid(), name="supervisor"))))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder_of(home: Path) -> ProcessRecord | None:
    """Return the supervisor that holds the state folder, None when none lives."""
    holder = ProcessRecord.read(home / FILE)
    return holder if holder is not None and holder.alive else None
