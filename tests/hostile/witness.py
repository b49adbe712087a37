"""An observer that looks closely at what a run leaves while it is there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from app.execution.contract import CollectedOutput, OutputKind, RunResult, RunSpec
from app.execution.executors import run_to_end
from app.execution.executors.choose import Executor
from app.images.conversion import Limits
from app.images.conversion.child import run_conversion
from tests.contract.executor_cases import Recorder


class Witness(Recorder):
    """Also remembers the modes of output files and how many images the converter made of them."""

    def __init__(self, *, converts: bool = False) -> None:
        super().__init__()
        self.modes: dict[str, int] = {}
        self.images = 0
        self._converts = converts

    def finished(self, result: RunResult) -> None:
        super().finished(result)
        self.modes = {one.slug: one.path.stat().st_mode for one in result.outputs}
        if self._converts:
            found = [one for one in result.outputs if one.kind is OutputKind.IMAGE]
            self.images = sum(_images_in(one) for one in found)


def watch(executor: Executor, spec: RunSpec, *, converts: bool) -> tuple[RunResult, Witness]:
    witness = Witness(converts=converts)
    return run_to_end(executor, spec, witness), witness


def _images_in(output: CollectedOutput) -> int:
    with tempfile.TemporaryDirectory(prefix="hounsfield-test-") as scratch:
        source = Path(scratch) / "in"
        source.mkdir()
        shutil.copyfile(output.path, source / f"output{output.path.suffix}")
        report = run_conversion(source, Path(scratch) / "out", limits=Limits())
        assert report.images or report.issues
        return len(report.images)
