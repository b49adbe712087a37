"""Every hostile container, every hostile archive, and the friendly containers that must work.

Containers run on every way to keep a run's folders. A hostile row passes when its honest twin
succeeds, the attack ends as it should and in time, everything outside is untouched, nothing is left
behind, and a harmless run after it succeeds.
"""

import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from app.execution.executors.docker import StorageKind
from tests.factories.engines import FileServer, serve
from tests.hostile.archives import ARCHIVES
from tests.hostile.arena import Arena, refuse
from tests.hostile.canary import canary
from tests.hostile.friendly import FRIENDLY, Friendly
from tests.hostile.rows import BOTH, Attack
from tests.hostile.served import ServedAttack, withstand
from tests.hostile.table import CONTAINERS, SERVING


def run(record: dict[str, Any]) -> None:
    """Play all rows, also after one that failed; raise when any did."""
    record["rows"] = {
        "containers": len(CONTAINERS),
        "containers that stay up": len(SERVING),
        "archives": len(ARCHIVES),
    }
    record["containers"], record["archives"], record["failed"] = {}, {}, {}
    with _folder() as served, serve(served) as files:
        for row in CONTAINERS:
            for storage in row.storages:
                play = partial(_fight, row, files, storage)
                _note(record, "containers", f"{row.name} ({storage})", row.does, play)
        for served_row in SERVING:
            for storage in served_row.storages:
                play = partial(_withstand, served_row, files, storage)
                _note(record, "containers", f"{served_row.name} ({storage})", served_row.does, play)
    for archive in ARCHIVES:
        with _folder() as place:
            play = partial(refuse, archive, folder=place)
            _note(record, "archives", archive.name, archive.does, play)
    record["friendly"] = {}
    with _folder() as served, serve(served) as files:
        for container in FRIENDLY:
            for storage in BOTH:
                play = partial(_welcome, container, files, storage)
                _note(record, "friendly", f"{container.name} ({storage})", container.does, play)
    if record["failed"]:
        raise AssertionError(f"rows failed: {', '.join(record['failed'])}")


def _fight(row: Attack, files: FileServer, storage: StorageKind) -> dict[str, Any]:
    with _folder() as place, canary(place) as found:
        return Arena(found, files, storage=storage).fight(row)


def _withstand(row: ServedAttack, files: FileServer, storage: StorageKind) -> dict[str, Any]:
    with _folder() as place, canary(place) as found:
        return withstand(Arena(found, files, storage=storage), row)


def _welcome(container: Friendly, files: FileServer, storage: StorageKind) -> dict[str, Any]:
    with _folder() as place, canary(place) as found:
        return Arena(found, files, storage=storage).welcome(container)


def _note(
    record: dict[str, Any], kind: str, name: str, does: str, play: Callable[[], dict[str, Any]]
) -> None:
    try:
        record[kind][name] = {"does": does, **play()}
    except Exception as error:
        traceback.print_exc()
        record["failed"][name] = f"{type(error).__name__}: {error}"[:1000]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
