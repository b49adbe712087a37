"""The flags an untrusted container is created with.

Every attack that they were measured against is a row of `tests/hostile/table.py`; `SECURITY.md`
says what remains. Nothing here is configurable from outside but sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker.types import DeviceRequest, LogConfig, Ulimit

from app.execution.contract import Limits, RunSpec
from app.execution.contract.spec import SCRATCH_FOLDER
from app.execution.executors.seccomp import seccomp_profile
from app.execution.executors.storage import Placement

_CACHES = {
    "XDG_CACHE_HOME": (f"{SCRATCH_FOLDER}/.cache", "/.cache/"),
    "TORCH_HOME": (f"{SCRATCH_FOLDER}/.cache/torch", "/.cache/torch"),
    "MPLCONFIGDIR": (f"{SCRATCH_FOLDER}/.config/matplotlib", ""),
    "NUMBA_CACHE_DIR": (f"{SCRATCH_FOLDER}/.cache/numba", ""),
}

PLAIN_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "INFO"}
WITHOUT_GPU = {"NVIDIA_VISIBLE_DEVICES": "void"}


def default_environment() -> dict[str, str]:
    """What a container finds set, unless its image sets it or ships a filled cache."""
    return PLAIN_ENVIRONMENT | {name: path for name, (path, _) in _CACHES.items()}


def container_options(
    spec: RunSpec,
    placement: Placement,
    *,
    labels: Mapping[str, str],
    cpus_of_host: int,
    init: bool,
    runtime: str = "",
    takes_profile: bool = True,
    processes: int = 0,
) -> dict[str, Any]:
    """Keyword arguments for `containers.create`, without the image."""
    limits, user = spec.limits, spec.image.manifest.user
    cpus = min(limits.cpus, cpus_of_host)
    options = common_options(limits, placement, cpus=cpus, init=init, processes=processes)
    options |= {
        "name": f"hounsfield-{spec.run_id}",
        "labels": _labels(spec, labels),
        "environment": _environment(spec),
        "user": f"{user.uid}:{user.gid}",
        "group_add": [str(gid) for gid in user.groups],
    }
    if limits.gpus:
        options["device_requests"] = [_gpus(spec)]
    if takes_profile:
        options["security_opt"].append(f"seccomp={seccomp_profile()}")
    if runtime:
        options["runtime"] = runtime
    if spec.command:
        options["command"] = list(spec.command)
    return options


def common_options(
    limits: Limits, placement: Placement, *, cpus: float, init: bool = True, processes: int = 0
) -> dict[str, Any]:
    """What every container is created with, whichever its image is.

    Starter kits run containers with the same (`app.execution.executors.command_line`).
    """
    memory = limits.memory + limits.shm + placement.memory
    # Well above every folder's own end, so that a full disk says so itself.
    largest_file = 2 * max(limits.scratch, limits.output, limits.writable_root)
    return {
        "hostname": "hounsfield",
        "network_mode": "none",
        "read_only": limits.writable_root == 0,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "privileged": False,
        "ipc_mode": "private",
        "shm_size": limits.shm,
        "pids_limit": limits.pids,
        "mem_limit": memory,
        "memswap_limit": memory,
        "oom_score_adj": 500,
        "nano_cpus": int(cpus * 1e9),
        "ulimits": [
            Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
            Ulimit(name="fsize", soft=largest_file, hard=largest_file),
            Ulimit(name="core", soft=0, hard=0),
            *([Ulimit(name="nproc", soft=processes, hard=processes)] if processes else []),
        ],
        "mounts": placement.mounts,
        "tmpfs": placement.tmpfs,
        "log_config": LogConfig(type="none"),
        "healthcheck": {"test": ["NONE"]},
        "stop_signal": "SIGKILL",
        "init": init,
        "stdin_open": False,
        "tty": False,
    }


def _gpus(spec: RunSpec) -> DeviceRequest:
    """As many GPUs as asked for: those that are this run's alone, else any."""
    if len(spec.gpu_devices) != spec.limits.gpus:
        return DeviceRequest(count=spec.limits.gpus, capabilities=[["gpu"]])
    numbers = [str(number) for number in spec.gpu_devices]
    return DeviceRequest(device_ids=numbers, capabilities=[["gpu"]])


def _labels(spec: RunSpec, ours: Mapping[str, str]) -> dict[str, str]:
    """Ours; and every label of the image emptied, because programs on the host act on some."""
    return dict.fromkeys(spec.image.manifest.labels, "") | dict(ours)


def _environment(spec: RunSpec) -> dict[str, str]:
    """What the contract promises, without touching what the image itself sets or ships.

    A cache folder is only redirected when the image has none with content: weights that were
    downloaded while building the image are found there.
    """
    manifest = spec.image.manifest
    ours = dict(PLAIN_ENVIRONMENT)
    for name, (path, shipped_below) in _CACHES.items():
        shipped = manifest.user.home.rstrip("/") + shipped_below
        is_shipped = bool(shipped_below) and any(
            f"{cache}/".startswith(f"{shipped.rstrip('/')}/") for cache in manifest.baked_caches
        )
        if not is_shipped:
            ours[name] = path
    ours = {name: value for name, value in ours.items() if name not in manifest.env_names}
    if spec.limits.gpus == 0:
        # With the NVIDIA runtime as default, an image could ask for GPUs by its environment.
        ours |= WITHOUT_GPU
    elif spec.gpu_devices:
        ours["NVIDIA_VISIBLE_DEVICES"] = ",".join(map(str, spec.gpu_devices))
    return ours | spec.env
