"""The state folder: where one machine's portal keeps everything it may lose with it."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from config.local.errors import NotAHome

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MARKER = ".hounsfield-home"
PRIVATE_FOLDERS = ("run", "keys", "logs")


def home_from(environ: Mapping[str, str]) -> Path:
    """Return the state folder that the environment names, else `.hounsfield` beside the code."""
    named = environ.get("HOUNSFIELD_HOME", "")
    return Path(named).expanduser().resolve() if named else REPOSITORY / ".hounsfield"


def prepare(home: Path) -> Path:
    """Make the state folder and the parts only its owner may read; safe to repeat."""
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).touch()
    for name in PRIVATE_FOLDERS:
        (home / name).mkdir(mode=0o700, exist_ok=True)
    return home


def is_home(path: Path) -> bool:
    """Tell whether the portal made this folder."""
    return (path / MARKER).is_file()


def require_home(path: Path) -> None:
    """Refuse a folder that the portal did not make, or one that holds the source code."""
    if not is_home(path) or path == REPOSITORY or path in REPOSITORY.parents:
        raise NotAHome(path=path)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def kept_secret(home: Path, name: str) -> str:
    """Return the secret of this name, made once and kept under `keys/`."""
    path = home / "keys" / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(64))
    return path.read_text()
