"""`make demo-reset`: stop the demo of a state folder and delete the folder."""

import os
import shutil
import signal
import sys
from pathlib import Path

from rich.markup import escape

from config.local import engine_daemon, processes
from config.local import home as state
from config.local.errors import LocalError
from config.local.lock import exclusive, holder_of
from config.local.postgres import PostgresServer
from config.local.progress import Progress
from config.local.steps import stop_leftovers
from config.local.valkey import ValkeyServer

STOPS_WITHIN = 40.0  # seconds; the engine may take its time


def stop_demo(home: Path) -> bool:
    """Stop what runs in a state folder, also after a crash; tell whether a supervisor ran."""
    supervisor = holder_of(home)
    if supervisor is not None:
        processes.stop(supervisor, with_signal=signal.SIGTERM, patience=STOPS_WITHIN)
    with exclusive(home):
        stop_leftovers(home)
        places = engine_daemon.layout(home)
        if places.root.exists():
            with engine_daemon.exclusive(places):
                engine_daemon.stop(places, pid=engine_daemon.adopt(places))
        ValkeyServer(home).stop()
        PostgresServer(home).stop()
    return supervisor is not None


def reset(home: Path, *, progress: Progress) -> None:
    """Stop the demo of a state folder and delete the folder.

    Raises
    ------
    NotAHome
        For a folder that the portal did not make.
    """
    if not home.exists():
        progress.note(f"There is no {escape(str(home))}; nothing to delete.")
        return
    state.require_home(home)
    question = f"Delete {escape(str(home))} with all its images, users and results?"
    if progress.terminal and not progress.ask(question):
        progress.note("Nothing was deleted.")
        return
    with progress.step("Stopping the demo") as step:
        step.done = "Demo stopped" if stop_demo(home) else None
    with progress.step(f"Deleting {escape(str(home))}") as step:
        shutil.rmtree(PostgresServer(home).socket_folder, ignore_errors=True)
        shutil.rmtree(home)
        step.done = f"Deleted {escape(str(home))}; make demo starts afresh"


def main() -> int:
    """Reset the state folder that the environment names; return the exit code."""
    progress = Progress()
    try:
        reset(state.home_from(os.environ), progress=progress)
    except LocalError as error:
        progress.console.print(f"[red]{escape(str(error))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
