"""A portal of two small programs, run by the real supervisor over real private servers."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from typing import Any

from config.local.demo import Demo, main
from config.local.engine import Engine
from config.local.steps import StepRunner
from config.local.supervisor import Program

WORKER = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"


async def application(
    scope: Mapping[str, Any], _receive: object, send: Callable[[Mapping[str, Any]], Awaitable[None]]
) -> None:
    """Answer 200 to everything."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})


class TinyDemo(Demo):
    """The demo without Django, front end and engine."""

    def build_frontend(self, steps: StepRunner) -> None:
        steps.run("Saying hello", ["echo", "hello"], env={}, show=self.progress.note)

    def find_engine(self, stack: ExitStack) -> Engine:
        return Engine(docker_host=None, why_not="This portal runs no containers.")

    def prepare_database(self, steps: StepRunner, variables: Mapping[str, str]) -> None:
        steps.run("Printing the settings", ["env"], env=dict(variables))

    def programs(self) -> list[Program]:
        at = ("--host", self.address.host, "--port", str(self.address.port))
        web = (sys.executable, "-m", "uvicorn", "tests.local.tiny_portal:application", *at)
        return [
            Program(name="web", command=web),
            Program(name="worker", command=(sys.executable, "-c", WORKER)),
        ]


if __name__ == "__main__":
    sys.exit(main(kind=TinyDemo))
