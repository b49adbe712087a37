"""`make lint`: every check of style, types, layers, sizes and templates, all before judging."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock

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
    """Return the commands by the names shown for them, the longest first."""
    python = [path for path in PYTHON_CODE if (REPOSITORY / path).exists()]
    program = [sys.executable, "-m"]
    return {
        "mypy": [*program, "mypy"],
        "djlint": [*program, "djlint", "--lint", "--quiet", *TEMPLATES],
        "import-linter": [str(Path(sys.executable).with_name("lint-imports"))],
        "ruff check": [*program, "ruff", "check", *python],
        "ruff format": [*program, "ruff", "format", "--check", *python],
    }


class Report:
    """Says how each check ended: one after another, although several run at once."""

    def __init__(self, progress: Progress) -> None:
        self._console = progress.console
        self._telling = Lock()

    def run(self, name: str, command: Sequence[str], *, env: Mapping[str, str]) -> bool:
        """Run one check; its output is shown only when it fails."""
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=REPOSITORY, env=dict(env), capture_output=True, text=True, check=False
        )
        took = f"[dim]({duration(time.monotonic() - started)})[/]"
        return self.tell(
            f"{name} {took}", passed=done.returncode == 0, output=done.stdout + done.stderr
        )

    def tell(self, sentence: str, *, passed: bool, output: str = "") -> bool:
        """Say how a check ended, what it printed too if it failed; return whether it passed."""
        with self._telling:
            self._console.print(f"{'[green]✓[/]' if passed else '[red]✗[/]'} {sentence}")
            if output and not passed:
                print(output, flush=True)
        return passed


def size_checks(report: Report) -> bool:
    """Look at the sizes of files and functions."""
    long = list(too_long(REPOSITORY / path for path in PYTHON_CODE))
    for sentence in long:
        report.tell(sentence, passed=False)
    return not long and report.tell("sizes of files and functions", passed=True)


def frontend_checks(report: Report) -> bool:
    """Run the TypeScript compiler and eslint, on packages installed when they are not."""

    def install(command: Sequence[str], more: Mapping[str, str]) -> None:
        env = {**os.environ, **more}
        if subprocess.run(command, cwd=REPOSITORY, env=env, check=False).returncode:
            raise LocalError("Installing the front end's packages failed; see above.")

    try:
        node = frontend.install_packages(install)
    except LocalError as error:
        return report.tell(str(error), passed=False)
    env = {**os.environ, **node.variables}
    results = [
        report.run(f"npm run {script}", [*node.npm, "run", "--silent", script], env=env)
        for script in ("typecheck", "lint")
    ]
    return all(results)


def main() -> int:
    """Run every check, two at a time: most use one processor; return 1 when one failed."""
    report = Report(Progress())
    first, *rest = (
        partial(report.run, name, command, env=os.environ) for name, command in checks().items()
    )
    jobs: list[Callable[[], bool]] = [
        first,
        partial(frontend_checks, report),
        *rest,
        partial(size_checks, report),
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda job: job(), jobs))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
