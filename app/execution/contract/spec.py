"""What one run is: everything it gets, everything it may leave, and what became of it.

A `RunSpec` carries no storage keys, only addresses that expire, so that whoever executes it can
do no more than the run needs.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from app.execution.contract.limits import Limits
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.reasons import Reason

INPUT_FOLDER = "/input"
OUTPUT_FOLDER = "/output"
SCRATCH_FOLDER = "/tmp"  # noqa: S108
MODEL_FOLDER = "/opt/ml/model"
GROUND_TRUTH_FOLDER = "/opt/ml/input/data/ground_truth"
TOOLS_FOLDER = "/opt/hounsfield"


class OutputKind(StrEnum):
    """What a container leaves in an output slot."""

    IMAGE = "image"
    JSON = "json"
    FILE = "file"


def checked_relative_path(path: str) -> PurePosixPath:
    """A path below the input or output folder; anything that could leave it is a ValueError."""
    pure = PurePosixPath(path)
    parts_are_plain = all(part not in ("..", ".", "/") and len(part) < 256 for part in pure.parts)
    plain = path.isprintable() and "\\" not in path and not pure.is_absolute()
    if not pure.parts or not parts_are_plain or not plain:
        raise ValueError(f"{path!r} is not a relative path below the folder.")
    return pure


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One file below /input: either fetched from `url` or given as `content`.

    `sha256` (hex) and `size` are checked when they are known.
    """

    relative_path: str
    url: str = ""
    content: bytes | None = None
    size: int | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        checked_relative_path(self.relative_path)
        if bool(self.url) == (self.content is not None):
            raise ValueError("An input file has either an address or content.")


@dataclass(frozen=True, kw_only=True)
class OutputSlot:
    """One declared output: an image slot names a folder, the others name a file.

    `upload_url` is where an executor without a way back to us puts the file; empty when the
    worker that collects the outputs also stores them.
    """

    slug: str
    relative_path: str
    kind: OutputKind
    schema: dict[str, Any] | None = None
    upload_url: str = ""
    optional: bool = False

    def __post_init__(self) -> None:
        checked_relative_path(self.relative_path)


@dataclass(frozen=True, kw_only=True)
class ImageReference:
    """The image to run: its checked manifest and where its archive can be fetched."""

    manifest: ImageManifest
    archive_url: str
    archive_bytes: int


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """One run of one container on one set of inputs.

    `gpu_devices` are the numbers of the worker's GPUs that nobody else has during this run; where
    it is empty, any `limits.gpus` of them are taken.
    """

    run_id: str
    image: ImageReference
    inputs: tuple[InputFile, ...] = ()
    model_url: str = ""
    ground_truth_url: str = ""
    outputs: tuple[OutputSlot, ...] = ()
    limits: Limits = field(default_factory=Limits)
    gpu_devices: tuple[int, ...] = ()
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        paths = [slot.relative_path for slot in self.outputs]
        names = [file.relative_path for file in self.inputs]
        if len(set(paths)) != len(paths) or len(set(names)) != len(names):
            raise ValueError("Two inputs or two outputs of a run share a path.")


@dataclass(frozen=True, kw_only=True)
class CollectedOutput:
    """One output, copied out of the dead container into the worker's own folder.

    `value` is the parsed JSON of a JSON slot (NaN and infinities as null), else None.
    """

    slug: str
    kind: OutputKind
    filename: str
    path: Path
    size: int
    sha256: str
    value: Any = None


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Seconds spent, by phase. `executing` is what the wall clock limit is compared with."""

    provisioning: float = 0.0
    executing: float = 0.0
    collecting: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How a run ended: enough to show a person, and enough to run it again.

    `served` is 0 for a container that ran for this case alone and ended; for one that stays up
    it counts the cases it was given, this one included, and a success has no exit code.
    """

    run_id: str
    image_id: str
    executor: str
    exit_code: int | None
    reason: Reason
    oom_killed: bool
    timings: Timings
    log_sha256: str
    log_bytes: int
    limits: Limits
    input_digests: dict[str, str] = field(default_factory=dict)
    outputs: tuple[CollectedOutput, ...] = ()
    engine: dict[str, str] = field(default_factory=dict)
    served: int = 0

    @property
    def succeeded(self) -> bool:
        """Tell whether the run did what it should."""
        return self.reason.succeeded

    def as_record(self) -> dict[str, Any]:
        """The result record that is kept: plain JSON, without contents or worker paths."""
        return {
            "run_id": self.run_id,
            "image_id": self.image_id,
            "executor": self.executor,
            "engine": dict(self.engine),
            "exit_code": self.exit_code,
            "oom_killed": self.oom_killed,
            "reason": self.reason.as_record(),
            "timings": asdict(self.timings),
            "limits": self.limits.as_record(),
            "inputs": dict(self.input_digests),
            "outputs": {
                output.slug: {"sha256": output.sha256, "size": output.size}
                for output in self.outputs
            },
            "log": {"sha256": self.log_sha256, "bytes": self.log_bytes},
            "served": self.served,
        }


def digest_of(content: bytes) -> str:
    """Return the sha256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()
