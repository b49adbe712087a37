"""What the demo and the test run prepare alike: the front end and a container engine."""

from collections.abc import Mapping
from pathlib import Path

from config.local import frontend
from config.local.engine import Engine, ensure_engine, install_allowed
from config.local.progress import Progress
from config.local.steps import StepRunner


def build_frontend(steps: StepRunner, *, environ: Mapping[str, str], progress: Progress) -> None:
    """Build the front end unless it is built from these very sources."""
    with progress.step("Building the front end") as step:
        built = frontend.build(
            lambda command, more: steps.run(
                "Building the front end", command, env={**environ, **more}
            )
        )
        step.done = "Front end built" if built else None


def find_engine(home: Path, *, environ: Mapping[str, str], progress: Progress) -> Engine:
    """Find or start a container engine; ask on a terminal before one is installed."""
    with progress.step("Looking for a container engine") as step:
        engine = ensure_engine(home, allow_install=install_allowed(environ))
        started = "Private container engine started"
        found = "Container engine found" if engine.docker_host else None
        step.done = started if engine.started_pid else found
    if engine.docker_host is None and progress.terminal:
        engine = ensure_engine(home, allow_install=False, ask=progress.ask)
    return engine
