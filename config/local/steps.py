"""Programs that the supervisor runs to their end: migrations, the front end's build, seeding."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.local import processes
from config.local.errors import StepFailed
from config.local.home import REPOSITORY
from config.local.processes import ProcessRecord


@dataclass(frozen=True)
class StepRunner:
    """Runs programs one after the other, each in its own session, with their output in `logs/`.

    `check_stop` is called while one runs; when it raises, the program and all it started end.
    """

    home: Path
    check_stop: Callable[[], None]

    def run(
        self,
        what: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        show: Callable[[str], None] | None = None,
    ) -> None:
        """Run a program; `show` gets each line that it prints.

        Raises
        ------
        StepFailed
            When its exit code is not 0.
        """
        log = self.home / "logs" / "setup.log"
        processes.turn_over(log)
        lines = _NewLines(log)
        popen = processes.spawn(command, env=env, log=log, cwd=REPOSITORY)
        record = ProcessRecord.of(popen.pid, name="step")
        record.write(process_folder(self.home))
        try:
            while popen.poll() is None:
                self.check_stop()
                lines.pass_on(show)
                time.sleep(processes.POLL)
        finally:
            processes.stop(record, popen=popen)
            (process_folder(self.home) / "step.json").unlink(missing_ok=True)
        lines.pass_on(show)
        if popen.returncode:
            raise StepFailed(what=what, code=popen.returncode, log=log)


class _NewLines:
    """Reads what is appended to a log from now on."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._offset = log.stat().st_size if log.exists() else 0

    def pass_on(self, show: Callable[[str], None] | None) -> None:
        if show is None:
            return
        with self._log.open("rb") as file:
            file.seek(self._offset)
            complete, newline, _rest = file.read().rpartition(b"\n")
        self._offset += len(complete + newline)
        for line in complete.decode(errors="replace").splitlines():
            show(line)


def process_folder(home: Path) -> Path:
    """Return the folder of the records of the supervisor's processes."""
    folder = home / "run" / "processes"
    folder.mkdir(exist_ok=True)
    return folder


def stop_leftovers(home: Path) -> int:
    """End what a supervisor that was killed left running; return how many processes that were."""
    stopped = 0
    for path in sorted(process_folder(home).glob("*.json")):
        record = ProcessRecord.read(path)
        if record is not None:
            stopped += record.alive
            processes.stop(record, patience=5.0)
        path.unlink(missing_ok=True)
    return stopped
