"""The engine call of a container as people type it: arguments of `docker create`.

Starter kits run a container as a worker does. What both do is said once, in
`docker_options.common_options`; here it is put into the words of the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from docker.types import Mount

from app.execution.contract import Limits
from app.execution.contract.spec import (
    GROUND_TRUTH_FOLDER,
    INPUT_FOLDER,
    OUTPUT_FOLDER,
    SCRATCH_FOLDER,
)
from app.execution.executors.docker_options import (
    WITHOUT_GPU,
    common_options,
    default_environment,
)
from app.execution.executors.seccomp import seccomp_profile
from app.execution.executors.storage import Placement

RUN = "@RUN@"
"""Stands for the name of the run in names of volumes."""
PROFILE = "@PROFILE@"
"""Stands for the path of the file with the list of allowed system calls."""
FOLDERS = {
    "input": (INPUT_FOLDER, True),
    "ground-truth": (GROUND_TRUTH_FOLDER, True),
    "output": (OUTPUT_FOLDER, False),
    "scratch": (SCRATCH_FOLDER, False),
}
"""The volumes of a run: where each is mounted, and whether for reading alone."""


@dataclass(frozen=True)
class CommandLine:
    """How a container is run by hand.

    ``environment`` holds only where the image does not set it itself.
    """

    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    limits: Limits


def command_line(limits: Limits, *, ground_truth: bool = False) -> CommandLine:
    """Return the call for a run with these limits; its number of processors is left to be added.

    A container gets no GPU: whoever has one adds it.
    """
    options = common_options(limits, placement(ground_truth=ground_truth), cpus=limits.cpus)
    options["security_opt"].append(f"seccomp={PROFILE}")
    options["environment"] = WITHOUT_GPU
    environment = default_environment().items()
    return CommandLine(
        arguments=docker_arguments(options),
        environment=tuple(f"{name}={value}" for name, value in environment),
        limits=limits,
    )


def placement(*, ground_truth: bool) -> Placement:
    """Return the volumes of a run by hand; on disk, as a worker's own folders are."""
    mounts = [
        Mount(target, f"{RUN}-{name}", type="volume", read_only=read_only, no_copy=True)
        for name, (target, read_only) in FOLDERS.items()
        if name != "ground-truth" or ground_truth
    ]
    return Placement(mounts=mounts)


def system_calls() -> str:
    """Return the list of allowed system calls, for the file that the call names."""
    return json.dumps(json.loads(seccomp_profile()), indent=1) + "\n"


def docker_arguments(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return options of `containers.create` as arguments of `docker create`.

    An option without words here is a `KeyError`: nothing that a worker does is left out unseen.
    """
    found: list[str] = []
    for name, value in options.items():
        found += _WORDS[name](value)
    return tuple(found)


def _one(flag: str) -> Callable[[Any], list[str]]:
    return lambda value: [f"--{flag}={value}"]


def _each(flag: str) -> Callable[[Any], list[str]]:
    return lambda values: [f"--{flag}={value}" for value in values]


def _switch(flag: str) -> Callable[[Any], list[str]]:
    return lambda value: [f"--{flag}"] if value else []


def _never(value: Any) -> list[str]:
    if value:
        raise ValueError("A container of a stranger never has this.")
    return []


def _ulimits(values: Any) -> list[str]:
    return [f"--ulimit={one['Name']}={one['Soft']}:{one['Hard']}" for one in values]


def _mounts(values: Any) -> list[str]:
    words = []
    for one in values:
        said = f"--mount=type={one['Type']},src={one['Source']},dst={one['Target']},volume-nocopy"
        words.append(said + (",readonly" if one["ReadOnly"] else ""))
    return words


_WORDS: dict[str, Callable[[Any], list[str]]] = {
    "hostname": _one("hostname"),
    "network_mode": _one("network"),
    "read_only": _switch("read-only"),
    "cap_drop": _each("cap-drop"),
    "security_opt": _each("security-opt"),
    "privileged": _never,
    "ipc_mode": _one("ipc"),
    "shm_size": _one("shm-size"),
    "pids_limit": _one("pids-limit"),
    "mem_limit": _one("memory"),
    "memswap_limit": _one("memory-swap"),
    "oom_score_adj": _one("oom-score-adj"),
    # The engine refuses more than its machine has, which only the one who runs it knows.
    "nano_cpus": lambda value: [],
    "ulimits": _ulimits,
    "mounts": _mounts,
    "tmpfs": lambda value: [f"--tmpfs={path}:{how}" for path, how in value.items()],
    "log_config": lambda value: [f"--log-driver={value.type}"],
    "healthcheck": lambda value: ["--no-healthcheck"],
    "stop_signal": _one("stop-signal"),
    "init": _switch("init"),
    "stdin_open": _never,
    "tty": _never,
    "environment": lambda values: [f"--env={name}={value}" for name, value in values.items()],
}
