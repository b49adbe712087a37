"""From the end of a run to one sentence for its author.

The exit code, what the engine reported, why we stopped it, and the end of its log are put
together here; nobody else writes such sentences. The log is only ever read for a better
explanation of a failure: it can never turn a failure into a success or the reverse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.execution.contract.limits import Limits, readable_bytes, readable_seconds

MAX_LOG_LINE = 1024


class ReasonCode(StrEnum):
    """Why a run ended, for programs."""

    SUCCEEDED = "succeeded"
    EXIT_CODE = "exit_code"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    LOG_LIMIT = "log_limit"
    ROOT_LIMIT = "root_limit"
    PROCESS_LIMIT = "process_limit"
    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    NETWORK = "network"
    ENTRYPOINT = "entrypoint"
    CANCELLED = "cancelled"
    NOT_READY = "not_ready"
    ANSWER = "answer"
    OUTPUT = "output"
    INPUT = "input"
    PLATFORM = "platform"


class StoppedBy(StrEnum):
    """Why the worker killed a container; NOTHING means that it ended by itself.

    ANSWERED ends one that stays up: its end is not the news (`serving.explain_answer`).
    """

    NOTHING = ""
    TIME = "time"
    LOG = "log"
    ROOT = "root"
    CANCEL = "cancel"
    ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a run ended as it did. `warnings` may accompany a success."""

    code: ReasonCode
    message: str
    advice: str = ""
    last_line: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Tell whether the run did what it should."""
        return self.code is ReasonCode.SUCCEEDED

    @property
    def is_platform_fault(self) -> bool:
        """True when the author can do nothing about it."""
        return self.code is ReasonCode.PLATFORM

    def as_record(self) -> dict[str, Any]:
        """Return the reason as plain JSON."""
        return {
            "code": str(self.code),
            "message": self.message,
            "advice": self.advice,
            "last_line": self.last_line,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, kw_only=True)
class ExitFacts:
    """What is known about a container that has ended. `log` is the end of stdout and stderr."""

    exit_code: int
    oom_killed: bool = False
    stopped_by: StoppedBy = StoppedBy.NOTHING
    log: str = ""
    stderr: str = ""


def explain(facts: ExitFacts, limits: Limits) -> Reason:
    """The reason of a run that ended, before its outputs were looked at."""
    if facts.stopped_by is not StoppedBy.NOTHING:
        return _explain_stop(facts, limits)
    if facts.exit_code == 0:
        return Reason(
            code=ReasonCode.SUCCEEDED, message="Succeeded.", warnings=_warnings(facts, limits)
        )
    if facts.oom_killed or facts.exit_code == 137:
        return _out_of_memory(facts, limits)
    for explanation in _FROM_LOG:
        reason = explanation(facts, limits)
        if reason is not None:
            return reason
    return _exit_code(facts)


def _warnings(facts: ExitFacts, limits: Limits) -> tuple[str, ...]:
    warnings = []
    if facts.oom_killed:
        warnings.append(
            "A process of the container was killed because the memory limit of "
            f"{readable_bytes(limits.memory)} was reached, yet the container reported success."
        )
    if facts.stderr.strip():
        warnings.append("The container wrote to its error log.")
    return tuple(warnings)


def _explain_stop(facts: ExitFacts, limits: Limits) -> Reason:
    last = last_line(facts)
    if facts.stopped_by is StoppedBy.CANCEL:
        return Reason(code=ReasonCode.CANCELLED, message="Cancelled.", last_line=last)
    if facts.stopped_by is StoppedBy.LOG:
        return Reason(
            code=ReasonCode.LOG_LIMIT,
            message="The container wrote more than "
            f"{readable_bytes(limits.log_bytes)} to its log and was stopped.",
            advice="Print less: no progress bars, no arrays; write results to /output.",
            last_line=last,
        )
    if facts.stopped_by is StoppedBy.ROOT:
        return Reason(
            code=ReasonCode.ROOT_LIMIT,
            message="The container wrote more than "
            f"{readable_bytes(limits.writable_root)} to its own file system and was stopped.",
            advice="Write temporary files to /tmp and results to /output.",
            last_line=last,
        )
    processes = _process_limit(facts, limits)
    return Reason(
        code=ReasonCode.TIME_LIMIT,
        message=f"Time limit of {readable_seconds(limits.wall_clock)} exceeded.",
        advice=processes.message
        if processes
        else "Make it faster, or ask for a longer time limit. The last line of the log shows "
        "how far it came.",
        last_line=last,
    )


def _out_of_memory(facts: ExitFacts, limits: Limits) -> Reason:
    certain = "" if facts.oom_killed else " (it was killed from outside, which usually means this)"
    return Reason(
        code=ReasonCode.OUT_OF_MEMORY,
        message="The container was killed as it exceeded its memory limit of "
        f"{readable_bytes(limits.memory)}{certain}.",
        advice="Work on patches or slices, use smaller number types, or ask for more memory.",
        last_line=last_line(facts),
    )


_READ_ONLY = re.compile(r"read-only file system", re.I)
_DISK_FULL = re.compile(
    r"no space left on device|disk quota exceeded|file too large|file size limit exceeded", re.I
)
_NO_FORK = re.compile(
    r"can't fork|fork:.*resource temporarily unavailable|can't start new thread"
    r"|pthread_create.*(failed|resource temporarily)|BlockingIOError: \[Errno 11\]",
    re.I,
)
_NO_NETWORK = re.compile(
    r"temporary failure in name resolution|name or service not known|network is unreachable"
    r"|could not resolve host|bad address '|nameresolutionerror|no route to host"
    r"|getaddrinfo failed|urlopen error|Network unreachable",
    re.I,
)
_QUOTED_PATH = re.compile(r"['\"‘](/[^'\"’\n]{1,300})['\"’]")
_RELATIVE_PATH = re.compile(
    r"['\"‘]([^'\"’\s/][^'\"’\n]{0,300})['\"’]\s*$|can't create ([^:\s/'][^:\n]{0,300}):"
    r"|^[\w-]+: ([^:\s/][^:\s]{0,300}): Read-only"
)
_BARE_PATH = re.compile(r"(?<![\w/])(/[^\s:'\"]{1,300})")


def _read_only(facts: ExitFacts, limits: Limits) -> Reason | None:
    line = _line_matching(_READ_ONLY, facts.log)
    if line is None:
        return None
    path, relative = _path_in(line), _RELATIVE_PATH.search(line)
    place = f"`{path}`" if path else "a place"
    if relative and not _QUOTED_PATH.search(line):
        place = f"`{next(filter(None, relative.groups()))}` in its working folder"
    return Reason(
        code=ReasonCode.READ_ONLY,
        message=f"The container tried to write to {place} on the read-only file system.",
        advice="Write to /tmp (scratch) or /output (results) instead, or switch on "
        "“Writable root file system” for this version.",
        last_line=last_line(facts),
    )


def _disk_full(facts: ExitFacts, limits: Limits) -> Reason | None:
    line = _line_matching(_DISK_FULL, facts.log)
    if line is None:
        return None
    path = _path_in(line)
    folder, size = ("/output", limits.output) if path.startswith("/output") else ("", 0)
    if not folder and (not path or path.startswith("/tmp")):  # noqa: S108
        folder, size = ("/tmp" if path else "", limits.scratch)  # noqa: S108
    where = f"{folder}, which is limited to {readable_bytes(size)}" if folder else path
    message = f"The container filled {where}." if where else "The container ran out of disk space."
    return Reason(
        code=ReasonCode.DISK_FULL,
        message=message,
        advice="Remove intermediate files as you go, compress what you write, or ask for more "
        "scratch space.",
        last_line=last_line(facts),
    )


def _process_limit(facts: ExitFacts, limits: Limits) -> Reason | None:
    if _line_matching(_NO_FORK, facts.log) is None:
        return None
    return Reason(
        code=ReasonCode.PROCESS_LIMIT,
        message=f"The container reached its limit of {limits.pids} processes and threads.",
        advice="Start fewer workers; libraries often start one thread per core of the host, "
        "which OMP_NUM_THREADS and num_workers bound.",
        last_line=last_line(facts),
    )


def _network(facts: ExitFacts, limits: Limits) -> Reason | None:
    if _line_matching(_NO_NETWORK, facts.log) is None:
        return None
    return Reason(
        code=ReasonCode.NETWORK,
        message="The container tried to use the network, which it does not have.",
        advice="Put everything it needs into the image, or upload weights as the model, which "
        "is found at /opt/ml/model.",
        last_line=last_line(facts),
    )


_INIT_FAILED = re.compile(r"^\[FATAL tini \(\d+\)\] exec .* failed: |failed to exec pid1", re.I)


def _entrypoint(facts: ExitFacts, limits: Limits) -> Reason | None:
    """With an init process in front, a command that cannot start is told in the log."""
    line = _line_matching(_INIT_FAILED, facts.log) if facts.exit_code in (126, 127, 1) else None
    return None if line is None else explain_start_failure(line)


_FROM_LOG: tuple[Callable[[ExitFacts, Limits], Reason | None], ...] = (
    _entrypoint,
    _process_limit,
    _disk_full,
    _read_only,
    _network,
)


def _exit_code(facts: ExitFacts) -> Reason:
    last = last_line(facts)
    signal = f" (signal {facts.exit_code - 128})" if 128 < facts.exit_code < 165 else ""
    return Reason(
        code=ReasonCode.EXIT_CODE,
        message=last or "No errors were reported in the logs.",
        advice=f"The container ended with exit code {facts.exit_code}{signal}; "
        "the log has the details.",
        last_line=last,
    )


def explain_start_failure(detail: str) -> Reason:
    """The engine could not start the image's command (missing, not executable, wrong format)."""
    low = detail.lower()
    cause = "could not be started"
    if "exec format error" in low:
        cause = "is not a program this machine can run"
    elif "permission denied" in low:
        cause = "is not executable by the image's user"
    elif "no such file" in low or "not found" in low:
        cause = "was not found in the image"
    if "cwd" in low or "init: mkdir /" in low:
        return Reason(
            code=ReasonCode.ENTRYPOINT,
            message="The image's WORKDIR is not a folder that a container can start in.",
            advice="Name a folder of the image by its plain path, for example `WORKDIR /opt/app`.",
            last_line=detail[-MAX_LOG_LINE:],
        )
    return Reason(
        code=ReasonCode.ENTRYPOINT,
        message=f"The image's ENTRYPOINT or CMD {cause}.",
        advice="Try it with `docker run --rm --network none --read-only IMAGE`.",
        last_line=detail[-MAX_LOG_LINE:],
    )


def last_line(facts: ExitFacts) -> str:
    """The last non-empty line, of the error log if there is one; without control characters."""
    for text in (facts.stderr, facts.log):
        for line in reversed(text.splitlines()):
            plain = "".join(char for char in line if char.isprintable() or char == "\t").strip()
            if plain:
                return plain[:MAX_LOG_LINE]
    return ""


def _line_matching(pattern: re.Pattern[str], log: str) -> str | None:
    """The last line that matches; lines are cut so that a hostile log stays cheap to search."""
    for line in reversed(log.splitlines()):
        cut = line[-2 * MAX_LOG_LINE :]
        if pattern.search(cut):
            return cut
    return None


def _path_in(line: str) -> str:
    found = _QUOTED_PATH.findall(line) or _BARE_PATH.findall(line)
    return str(found[-1]) if found else ""
