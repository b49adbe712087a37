"""What the executor tests share: executors by name, specifications, and a recording observer."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from app.execution.contract import Limits, OutputKind, OutputSlot, RunResult, RunSpec
from app.execution.contract.limits import MIB
from app.execution.contract.spec import ImageReference
from app.execution.executors import LogChunk, UsageSample, run_to_end
from app.execution.executors.choose import Executor

SMALL = Limits(
    cpus=1,
    memory=256 * MIB,
    pids=64,
    scratch=16 * MIB,
    output=8 * MIB,
    shm=8 * MIB,
    wall_clock=30,
    log_bytes=1 * MIB,
)
RESULT = OutputSlot(slug="result", relative_path="result.json", kind=OutputKind.JSON)


class Recorder:
    """Remembers what an observer is told; cancels when asked to."""

    def __init__(self, *, cancel_at: str = "") -> None:
        self.phases: list[str] = []
        self.log = b""
        self.samples: list[UsageSample] = []
        self.result: RunResult | None = None
        self.files: dict[str, bytes] = {}
        self._cancel_at = cancel_at.encode()

    def executing(self) -> None:
        self.phases.append("executing")

    def logged(self, chunks: list[LogChunk]) -> None:
        self.log += b"".join(chunk.content for chunk in chunks)

    def sampled(self, samples: list[UsageSample]) -> None:
        self.samples += samples

    def wants_stop(self) -> bool:
        return bool(self._cancel_at) and self._cancel_at in self.log

    def collecting(self) -> None:
        self.phases.append("collecting")

    def finished(self, result: RunResult) -> None:
        self.phases.append("finished")
        self.result = result
        self.files = {one.slug: one.path.read_bytes() for one in result.outputs}


def make_spec(image: ImageReference, **changes: Any) -> RunSpec:
    values: dict[str, Any] = {"limits": SMALL, "outputs": (RESULT,), **changes}
    return RunSpec(run_id=str(uuid.uuid4()), image=image, **values)


def run(executor: Executor, spec: RunSpec, *, cancel_at: str = "") -> tuple[RunResult, Recorder]:
    recorder = Recorder(cancel_at=cancel_at)
    return run_to_end(executor, spec, recorder), recorder


def left_behind(work_folder: Path) -> list[str]:
    """Names in the executor's work folder: empty when every run was released."""
    return sorted(path.name for path in work_folder.glob("*"))
