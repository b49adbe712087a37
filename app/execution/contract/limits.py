"""Every bound in one place. Sizes are bytes, times are seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """What an uploaded image archive may cost to read.

    The ratio is only looked at after `ratio_after` bytes: small archives compress oddly, and a
    decompression bomb shows itself within the first hundred megabytes.
    """

    archive_bytes: int = 20 * GIB
    unpacked_bytes: int = 60 * GIB
    ratio: int = 200
    ratio_after: int = 64 * MIB
    members: int = 10_000
    document_bytes: int = 4 * MIB
    layers: int = 127
    layer_entries: int = 2_000_000
    account_file_bytes: int = 1 * MIB
    metadata_bytes: int = 256 * KIB
    volumes: int = 16


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one run may use. `memory` does not include `scratch` and `output`.

    `writable_root` is 0 for a read-only root file system (the default), else the number of
    bytes the container may write to its own root. Each of the `gpus` has at least `gpu_memory`
    bytes; 0 takes any.
    """

    cpus: float = 2.0
    memory: int = 8 * GIB
    pids: int = 512
    scratch: int = 8 * GIB
    output: int = 8 * GIB
    shm: int = 1 * GIB
    wall_clock: float = 3600.0
    log_bytes: int = 16 * MIB
    gpus: int = 0
    gpu_memory: int = 0
    writable_root: int = 0
    open_files: int = 4096
    input_bytes: int = 100 * GIB
    output_files: int = 1000
    output_depth: int = 8
    json_bytes: int = 64 * MIB
    json_depth: int = 64

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            floor_is_zero = name in {"gpus", "gpu_memory", "writable_root"}
            if value < 0 or (value == 0 and not floor_is_zero):
                raise ValueError(f"Limit {name} must be positive, not {value}.")

    def as_record(self) -> dict[str, Any]:
        """Return the limits as plain JSON."""
        return asdict(self)


def readable_bytes(count: int) -> str:
    """1536 -> "1.5 KiB". For sentences, never for arithmetic."""
    if count == 1:
        return "1 byte"
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < KIB or unit == "GiB":
            number = f"{size:.1f}".removesuffix(".0")
            return f"{number} {unit}"
        size /= KIB
    raise AssertionError("unreachable")


def readable_seconds(seconds: float) -> str:
    """5400 -> '1 h 30 min'. For sentences."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:g} s" if seconds < 10 else f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
