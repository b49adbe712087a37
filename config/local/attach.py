"""How `manage.py` joins a running portal: through the environment it wrote down."""

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from config.local.home import home_from, write_private
from config.local.processes import ProcessRecord

FILE = Path("run") / "env.json"


def attach(environ: MutableMapping[str, str]) -> None:
    """Fill in what the environment lacks from the running portal of its state folder.

    Does nothing when `DATABASE_URL` is set (the environment stands on its own), or when no portal
    runs in the state folder.
    """
    if environ.get("DATABASE_URL"):
        return
    home = home_from(environ)
    if running_supervisor(home) is None:
        return
    for name, value in _content(home)["variables"].items():
        if not environ.get(name):
            environ[name] = str(value)


def running_supervisor(home: Path) -> ProcessRecord | None:
    """Return the process that runs the portal of this state folder, None when none does."""
    try:
        supervisor = ProcessRecord(**_content(home)["supervisor"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return supervisor if supervisor.alive else None


def publish(home: Path, *, variables: Mapping[str, str], supervisor: ProcessRecord) -> None:
    """Write the running portal's environment where `attach` finds it; it holds secrets."""
    content = {"supervisor": vars(supervisor), "variables": dict(variables)}
    write_private(home / FILE, json.dumps(content, indent=1))


def withdraw(home: Path) -> None:
    """Forget the environment: the portal no longer runs."""
    (home / FILE).unlink(missing_ok=True)


def _content(home: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((home / FILE).read_text())
    return content
