"""What the machine behind an engine has, GPUs included."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.execution.contract import Capacity
from app.execution.contract.limits import MIB

logger = logging.getLogger(__name__)
_ASK = ("nvidia-smi", "--query-gpu=index,memory.total", "--format=csv,noheader,nounits")
_SECONDS = 20


def capacity_of(info: Mapping[str, Any]) -> Capacity:
    """Return what an engine's `info` tells; GPUs only where the engine can hand them out."""
    return Capacity(
        cpus=float(info.get("NCPU") or 1),
        memory=int(info.get("MemTotal") or 0),
        gpus=_gpus() if _hands_out_gpus(info) else (),
    )


def _hands_out_gpus(info: Mapping[str, Any]) -> bool:
    """Whether the NVIDIA container toolkit is installed: as a runtime, or as devices (CDI)."""
    devices = info.get("DiscoveredDevices") or ()
    by_name = any("nvidia.com/gpu" in str(device) for device in devices)
    return by_name or "nvidia" in (info.get("Runtimes") or {})


@lru_cache(maxsize=1)
def _gpus() -> tuple[int, ...]:
    """Bytes of memory of each GPU of this machine by its number; asked once.

    For an engine on another machine `WORKER_GPUS` has to say it.
    """
    try:
        done = subprocess.run(_ASK, capture_output=True, text=True, timeout=_SECONDS, check=True)
        return _sizes(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        logger.warning("No GPU is used: nvidia-smi does not tell what there is (%s).", error)
        return ()


def _sizes(answer: str) -> tuple[int, ...]:
    """Read lines of "number, MiB"; a number that is missing stays without memory."""
    found = dict(_line(line) for line in answer.splitlines() if line.strip())
    return tuple(found.get(number, 0) for number in range(max(found, default=-1) + 1))


def _line(line: str) -> tuple[int, int]:
    number, size = line.split(",")
    return int(number), int(float(size)) * MIB
