"""`make lint`: every check of style, types, layers, sizes and templates, all before judging."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.local import frontend
from config.local.errors import LocalError
from config.local.home import REPOSITORY
from config.local.progress import Progress, duration
from config.local.sizes import too_long

PYTHON_CODE = (
    *("algorithms", "app", "archives", "benchmarks", "config", "demo"),
    *("reader_studies", "tests", "viewer", "manage.py"),
)
TEMPLATES = ("algorithms", "app", "archives", "reader_studies", "viewer")


def checks() -> dict[str, list[str]]:
    """Return the commands by the names shown for them."""
    python = [path for path in PYTHON_CODE if (REPOSITORY / path).exists()]
    program = [sys.executable, "-m"]
    return {
        "ruff check": [*program, "ruff", "check", *python],
        "ruff format": [*program, "ruff", "format", "--check", *python],
        "mypy": [*program, "mypy"],
        "import-linter": [str(Path(sys.executable).with_name("lint-imports"))],
        "djlint": [*program, "djlint", "--lint", "--quiet", *TEMPLATES],
    }


def run(name: str, command: Sequence[str], *, env: Mapping[str, str], progress: Progress) -> bool:
    """Run one check; its output is shown only when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=REPOSITORY, env=dict(env), capture_output=True, text=True, check=False
    )
    took = duration(time.monotonic() - started)
    if done.returncode == 0:
        progress.console.print(f"[green]✓[/] {name} [dim]({took})[/]")
        return True
    progress.console.print(f"[red]✗[/] {name} [dim]({took})[/]")
    print(done.stdout + done.stderr, flush=True)
    return False


def frontend_checks(progress: Progress) -> bool:
    """Run the TypeScript compiler and eslint, on packages installed when they are not."""

    def install(command: Sequence[str], more: Mapping[str, str]) -> None:
        env = {**os.environ, **more}
        if subprocess.run(command, cwd=REPOSITORY, env=env, check=False).returncode:
            raise LocalError("Installing the front end's packages failed; see above.")

    node = frontend.install_packages(install)
    env = {**os.environ, **node.variables}
    results = [
        run(f"npm run {script}", [*node.npm, "run", "--silent", script], env=env, progress=progress)
        for script in ("typecheck", "lint")
    ]
    return all(results)


def main() -> int:
    """Run every check; return 1 when one failed."""
    progress = Progress()
    results = [
        run(name, command, env=os.environ, progress=progress) for name, command in checks().items()
    ]
    long = too_long(REPOSITORY / path for path in PYTHON_CODE)
    for sentence in long:
        progress.console.print(f"[red]✗[/] {sentence}")
    if not long:
        progress.console.print("[green]✓[/] sizes of files and functions")
    try:
        results.append(frontend_checks(progress))
    except LocalError as error:
        progress.console.print(f"[red]{error}[/]")
        results.append(False)
    return 0 if all(results) and not long else 1


if __name__ == "__main__":
    sys.exit(main())
