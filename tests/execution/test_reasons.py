"""From exit code, engine report and log to one sentence for the author."""

from __future__ import annotations

import pytest

from app.execution.contract import ExitFacts, Limits, ReasonCode, StoppedBy, explain
from app.execution.contract.limits import MIB, readable_bytes, readable_seconds
from app.execution.contract.reasons import explain_start_failure

LIMITS = Limits(memory=256 * MIB, scratch=16 * MIB, output=8 * MIB, pids=64, wall_clock=90)


def test_success_is_quiet() -> None:
    reason = explain(ExitFacts(exit_code=0, log="read-only file system"), LIMITS)
    assert reason.succeeded
    assert reason.warnings == ()


def test_success_with_a_killed_child_or_an_error_log_warns() -> None:
    reason = explain(ExitFacts(exit_code=0, oom_killed=True, stderr="hm\n"), LIMITS)
    assert reason.succeeded
    assert len(reason.warnings) == 2
    assert "256 MiB" in reason.warnings[0]


@pytest.mark.parametrize("code", [1, 137])
def test_memory(code: int) -> None:
    reason = explain(ExitFacts(exit_code=code, oom_killed=True), LIMITS)
    assert reason.code is ReasonCode.OUT_OF_MEMORY
    assert "256 MiB" in reason.message
    assert explain(ExitFacts(exit_code=137), LIMITS).code is ReasonCode.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("stopped_by", "code", "said"),
    [
        (StoppedBy.TIME, ReasonCode.TIME_LIMIT, "1 min 30 s"),
        (StoppedBy.LOG, ReasonCode.LOG_LIMIT, "16 MiB"),
        (StoppedBy.ROOT, ReasonCode.ROOT_LIMIT, "own file system"),
        (StoppedBy.CANCEL, ReasonCode.CANCELLED, "Cancelled"),
    ],
)
def test_why_we_stopped_it_comes_first(stopped_by: StoppedBy, code: ReasonCode, said: str) -> None:
    facts = ExitFacts(exit_code=137, oom_killed=True, stopped_by=stopped_by, log="step 3\n")
    reason = explain(facts, LIMITS)
    assert reason.code is code
    assert said in reason.message
    assert reason.last_line == "step 3"


def test_a_fork_bomb_that_ran_into_the_time_limit_is_told_both() -> None:
    facts = ExitFacts(exit_code=137, stopped_by=StoppedBy.TIME, log="sh: can't fork\n")
    reason = explain(facts, LIMITS)
    assert reason.code is ReasonCode.TIME_LIMIT
    assert "64 processes" in reason.advice


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("OSError: [Errno 30] Read-only file system: '/home/u/.cache/x'", "/home/u/.cache/x"),
        ("sh: can't create /x: Read-only file system", "/x"),
        ("touch: cannot touch ‘/var/y’: Read-only file system", "/var/y"),
        ("mkdir: can't create directory '/data': Read-only file system", "/data"),
        ("OSError: [Errno 30] Read-only file system: 'cache.txt'", "cache.txt"),
        ("/bin/sh: can't create cache.txt: Read-only file system", "cache.txt"),
        ("touch: cache/a.txt: Read-only file system", "cache/a.txt"),
    ],
)
def test_a_read_only_root_names_the_path_and_the_switch(line: str, path: str) -> None:
    reason = explain(ExitFacts(exit_code=1, log=f"start\n{line}\nbye\n"), LIMITS)
    assert reason.code is ReasonCode.READ_ONLY
    assert f"`{path}`" in reason.message
    assert "Writable root file system" in reason.advice


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dd: error writing '/tmp/a': No space left on device", "/tmp, which is limited to 16 MiB"),
        ("OSError: [Errno 28] No space left on device: '/output/a.mha'", "/output, which is"),
        ("OSError: [Errno 28] No space left on device", "ran out of disk space"),
        ("cp: write error: '/data/x': No space left on device", "filled /data/x"),
    ],
)
def test_a_full_disk_names_the_place(line: str, said: str) -> None:
    reason = explain(ExitFacts(exit_code=1, log=line), LIMITS)
    assert reason.code is ReasonCode.DISK_FULL
    assert said in reason.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[FATAL tini (7)] exec /x failed: No such file or directory", ReasonCode.ENTRYPOINT),
        ("sh: can't fork: Resource temporarily unavailable", ReasonCode.PROCESS_LIMIT),
        ("RuntimeError: can't start new thread", ReasonCode.PROCESS_LIMIT),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", ReasonCode.PROCESS_LIMIT),
        ("wget: bad address 'example.org'", ReasonCode.NETWORK),
        ("urllib.error.URLError: <urlopen error [Errno -3] Temporary", ReasonCode.NETWORK),
        ("connect: Network is unreachable", ReasonCode.NETWORK),
    ],
)
def test_known_failures_are_explained(line: str, code: ReasonCode) -> None:
    reason = explain(ExitFacts(exit_code=1, log=line), LIMITS)
    assert reason.code is code
    assert reason.advice


def test_an_unknown_failure_shows_the_last_line_of_the_error_log() -> None:
    facts = ExitFacts(exit_code=3, log="out\nlater\n", stderr="ValueError: \x1b[31mbad\x1b[0m\n \n")
    reason = explain(facts, LIMITS)
    assert reason.code is ReasonCode.EXIT_CODE
    assert reason.message == "ValueError: [31mbad[0m"
    assert "exit code 3" in reason.advice


def test_a_silent_failure_says_so() -> None:
    reason = explain(ExitFacts(exit_code=139), LIMITS)
    assert reason.message == "No errors were reported in the logs."
    assert "signal 11" in reason.advice


def test_a_monstrous_line_is_cut() -> None:
    reason = explain(ExitFacts(exit_code=1, log="x" * 5_000_000), LIMITS)
    assert len(reason.message) == 1024


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ('exec: "/nope": stat /nope: no such file or directory', "was not found"),
        ('exec: "run": executable file not found in $PATH', "was not found"),
        ("exec /x: exec format error", "is not a program"),
        ('exec: "/x": permission denied', "is not executable"),
        ("something else", "could not be started"),
    ],
)
def test_start_failures(detail: str, said: str) -> None:
    reason = explain_start_failure(detail)
    assert reason.code is ReasonCode.ENTRYPOINT
    assert said in reason.message


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 byte"), (2, "2 bytes"), (1536, "1.5 KiB"), (8 << 30, "8 GiB"), (5 << 40, "5120 GiB")],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert readable_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (59, "59 s"), (90, "1 min 30 s"), (7200, "2 h")]
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert readable_seconds(seconds) == text


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="memory"):
        Limits(memory=0)
    assert Limits(writable_root=0, gpus=0).gpus == 0
