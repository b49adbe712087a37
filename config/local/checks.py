"""`make test` and `make test-fast`: all tests, with private servers that end with the run."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.markup import escape

from config.local import frontend, processes
from config.local.engine import stop_engine
from config.local.errors import LocalError, StopRequested
from config.local.home import REPOSITORY
from config.local.packages import BROWSER, provide
from config.local.preparation import build_frontend, find_engine
from config.local.processes import ProcessRecord
from config.local.progress import Progress
from config.local.second_look import look_again
from config.local.servers import private_postgres, private_valkey
from config.local.signals import StopSignals
from config.local.slots import free_home
from config.local.steps import StepRunner, process_folder, stop_leftovers

FAST = ("docker", "browser", "services", "slow")
STOPPED = 130  # what a shell reports after Ctrl-C
MOST_PROCESSES = 4


@dataclass
class TestRun:
    """One run of the tests: what was asked for, and the marks that this machine cannot serve."""

    __test__ = False

    fast: bool
    only: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    progress: Progress
    signals: StopSignals
    without: list[str] = field(default_factory=list)

    def run(self) -> int:
        """Provide what the tests need, run them, end what was started; return the exit code."""
        with free_home() as home, ExitStack() as stack:
            stop_leftovers(home)
            steps = StepRunner(home, check_stop=self.signals.check)
            self.without += FAST if self.fast else self._provide_packages(steps)
            build_frontend(steps, environ=self.environ, progress=self.progress)
            env = {**self.environ, **self._start_servers(stack, home)}
            if self.fast:
                env.pop("DOCKER_HOST", None)
            else:
                env["DOCKER_HOST"] = self._find_engine(stack, home)
            failed = self._frontend_tests(steps, env)
            return self._python_tests(home, env) or failed

    @property
    def strict(self) -> bool:
        """In CI a test that cannot run is a failure."""
        return self.environ.get("CI") == "true"

    def _provide_packages(self, steps: StepRunner) -> list[str]:
        unmet = provide(
            (BROWSER,),
            environ=self.environ,
            ask=self.progress.ask,
            run=lambda command: steps.run("Installing packages", command, env=self.environ),
        )
        for need in unmet:
            self._lack(f"{need.programs[0]} is not installed: no {need.purpose}.")
        return ["browser"] if unmet else []

    def _lack(self, sentence: str) -> None:
        if self.strict:
            raise LocalError(sentence)
        self.progress.note(escape(sentence))

    def _start_servers(self, stack: ExitStack, home: Path) -> dict[str, str]:
        """Start the private servers that the environment does not replace."""
        found = {"HOUNSFIELD_HOME": str(home)}
        if not self.environ.get("DATABASE_URL"):
            found["DATABASE_URL"] = stack.enter_context(private_postgres(home, durable=False))
        if not self.environ.get("BROKER_URL"):
            found["BROKER_URL"] = stack.enter_context(private_valkey(home))
            found["CHANNEL_LAYER_URL"] = found["BROKER_URL"]
        return found

    def _find_engine(self, stack: ExitStack, home: Path) -> str:
        engine = find_engine(home, environ=self.environ, progress=self.progress)
        stack.callback(stop_engine, engine)
        if engine.docker_host is None:
            self._lack(f"No container tests: {engine.why_not}")
            self.without.append("docker")
        return engine.docker_host or ""

    def _frontend_tests(self, steps: StepRunner, env: Mapping[str, str]) -> int:
        """Run the front end's own tests; a failure is told, and the Python tests run anyway."""
        if not any(REPOSITORY.glob("tests/frontend/**/*.test.ts")):
            return 0
        node = frontend.install_packages(
            lambda command, more: steps.run("Installing packages", command, env={**env, **more})
        )
        try:
            with self.progress.step("Front end tests passed"):
                steps.run(
                    "The front end's tests",
                    [*node.npm, "run", "--silent", "test"],
                    env={**env, **node.variables},
                )
        except StopRequested:
            raise
        except LocalError as error:
            self.progress.console.print(escape(str(error)))
            return 1
        return 0

    def _python_tests(self, home: Path, env: Mapping[str, str]) -> int:
        cache = REPOSITORY / ".pytest_cache"
        if self.strict:
            shutil.rmtree(cache, ignore_errors=True)  # it would remember failures of earlier runs

        def run(more: Sequence[str] = ()) -> int:
            arguments = [*self.arguments, *more]
            command = pytest_command(only=self.only, without=self.without, arguments=arguments)
            return self._pytest(command, home, env)

        code = run()
        if not self.strict:
            return code
        say = self.progress.note
        return look_again(code, cache=cache, run=run, say=lambda line: say(escape(line)))

    def _pytest(self, command: Sequence[str], home: Path, env: Mapping[str, str]) -> int:
        """Run pytest on this terminal, in a session of its own, so that it always ends as one."""
        popen = subprocess.Popen(
            command,
            env=dict(env),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        record = ProcessRecord.of(popen.pid, name="pytest")
        record.write(process_folder(home))
        try:
            while popen.poll() is None:
                self.signals.check()
                time.sleep(processes.POLL)
        finally:
            processes.stop(record, with_signal=signal.SIGINT, patience=15.0, popen=popen)
        return popen.returncode


def pytest_command(
    *, only: str = "", without: Sequence[str] = (), arguments: Sequence[str] = ()
) -> list[str]:
    """Return pytest's command line: parallel, without the marks that cannot be served."""
    # One more than there are cores: servers, browsers and containers are waited for all the time.
    workers = min(MOST_PROCESSES, (os.cpu_count() or 1) + 1)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--dist", "load"]
    marks = [only] * bool(only) + [f"not {mark}" for mark in dict.fromkeys(without)]
    if marks:
        command += ["-m", " and ".join(marks)]
    return [*command, *arguments]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests; return the exit code."""
    parser = argparse.ArgumentParser(prog="make test", description=__doc__)
    parser.add_argument(
        "--fast", action="store_true", help="only what needs no Docker, browser, outside server"
    )
    parser.add_argument("--only", default="", metavar="MARK", help="only the tests of this mark")
    options, rest = parser.parse_known_args(arguments)
    progress, signals = Progress(), StopSignals()
    signals.install()
    try:
        return TestRun(
            fast=options.fast,
            only=options.only,
            arguments=rest,
            environ=dict(os.environ),
            progress=progress,
            signals=signals,
        ).run()
    except StopRequested:
        return STOPPED
    except LocalError as error:
        progress.console.print(f"[red]{escape(str(error))}[/]")
        return 1


if __name__ == "__main__":
    sys.exit(main())
