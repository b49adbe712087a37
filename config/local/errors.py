"""What can go wrong on one machine, each with a sentence for the person at the terminal."""

from pathlib import Path


class LocalError(Exception):
    """Something the person at the terminal must know; the message says what to do next."""


class StopRequested(LocalError):
    """Ctrl-C or SIGTERM arrived: unwind and stop what was started."""

    def __init__(self) -> None:
        super().__init__("Stopped.")


class AddressInUse(LocalError):
    """Another program listens where the portal should."""

    def __init__(self, *, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__(
            f"Port {port} on {host} is in use by another program. "
            f"Stop that program, or choose another port: PORT={port + 1} make demo"
        )


class HomeInUse(LocalError):
    """A second supervisor was started on one state folder."""

    def __init__(self, *, home: Path, owner: str) -> None:
        self.home = home
        super().__init__(
            f"A demo already runs in {home}{owner}. Stop it with Ctrl-C in its terminal, "
            "or start another one beside it: HOUNSFIELD_HOME=.hounsfield-2 PORT=8001 make demo"
        )


class NotAHome(LocalError):
    """A path that should be deleted was not made by the portal."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is not a Hounsfield state folder, so nothing was deleted.")


class StepFailed(LocalError):
    """A program that the supervisor ran to its end did not succeed."""

    def __init__(self, *, what: str, code: int, log: Path) -> None:
        self.what, self.code, self.log = what, code, log
        super().__init__(f"{what} failed (exit code {code}). {tail(log)}\nThe whole log: {log}")


class ServerFailed(LocalError):
    """A private server did not come up."""

    def __init__(self, *, what: str, why: str, log: Path) -> None:
        self.what, self.why, self.log = what, why, log
        super().__init__(f"{what} did not start: {why}. {tail(log)}\nThe whole log: {log}")


class DataFromOtherVersion(LocalError):
    """The state folder's database belongs to another major version of PostgreSQL."""

    def __init__(self, *, data: Path, found: str, expected: str) -> None:
        self.data, self.found, self.expected = data, found, expected
        super().__init__(
            f"The database in {data} was made by PostgreSQL {found}, but the installed server is "
            f"PostgreSQL {expected}. Copy it over with pg_dump and pg_restore, or start over with "
            "make demo-reset (deletes the demo's data)."
        )


def tail(log: Path, *, lines: int = 25) -> str:
    """Return the last lines of a log file, indented, to show beside an error."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    last = text.strip().splitlines()[-lines:]
    return "\n" + "\n".join(f"    {line}" for line in last) if last else ""
