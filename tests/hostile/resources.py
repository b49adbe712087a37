"""Attacks that take: processes, memory, disk, log, time."""

from __future__ import annotations

from dataclasses import replace

from app.execution.contract import ReasonCode, RunResult
from app.execution.contract.limits import MIB
from tests.contract.executor_cases import SMALL
from tests.factories.containers import folder
from tests.hostile.rows import OK, QUICK, Attack
from tests.hostile.witness import Witness

_TAKE = "x=$(dd if=/dev/zero bs=1M count={} 2>/dev/null | tr '\\0' x)"
_SPAWN = "i=0; while [ $i -lt {} ]; do sleep {} & i=$((i+1)); done"
_FILL = "dd if=/dev/zero of={}/fill bs=1M count={} 2>&1"
_EMPTY = "i=0; while : > {}/f$i; do i=$((i+1)); done"
_ROOM = {"room": folder(uid=1000, gid=1000)}


def _log_is_cut(result: RunResult, witness: Witness) -> None:
    assert len(witness.log) == result.log_bytes == SMALL.log_bytes


def _at_the_wall(result: RunResult, witness: Witness) -> None:
    assert QUICK.wall_clock <= result.timings.executing < QUICK.wall_clock + 5


def _was_killed(result: RunResult, witness: Witness) -> None:
    assert result.oom_killed


PROCESSES = (
    Attack(
        name="fork-bomb",
        does="doubles its processes for ever",
        script="f() { f | f & }; f; sleep 60",
        honest="sleep 0 & sleep 0 & wait",
        ends=(ReasonCode.TIME_LIMIT, ReasonCode.PROCESS_LIMIT),
        says="64 processes",
        limits=QUICK,
        sample=True,
    ),
    Attack(
        name="process-limit",
        does="starts a hundred processes and gives up",
        script=f"{_SPAWN.format(100, 20)}; exit 1",
        honest=f"{_SPAWN.format(10, 0)}; wait",
        ends=ReasonCode.PROCESS_LIMIT,
        says="64 processes",
    ),
    Attack(
        name="zombies",
        does="leaves sixty dead children that nobody buries",
        script=f"{_SPAWN.format(55, 0)}; exec sleep 100",
        honest=f"{_SPAWN.format(5, 0)}; wait",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
        also=_at_the_wall,
    ),
    Attack(
        name="orphans",
        does="ends at once and leaves its children running",
        script=f"{_SPAWN.format(30, 1000)}; {OK}",
        honest=f"{_SPAWN.format(3, 0)}; wait",
        ends=ReasonCode.SUCCEEDED,
    ),
    Attack(
        name="kills-everything",
        does="kills every process that it can see",
        script="kill -9 -1; sleep 1000",
        honest="kill -0 $$",
        ends=(ReasonCode.OUT_OF_MEMORY, ReasonCode.EXIT_CODE, ReasonCode.TIME_LIMIT),
        limits=QUICK,
    ),
    Attack(
        name="busy",
        does="burns all processors with eight loops",
        script="i=0; while [ $i -lt 8 ]; do (while :; do :; done) & i=$((i+1)); done; wait",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
        also=_at_the_wall,
    ),
)

MEMORY = (
    Attack(
        name="memory-hog",
        does="takes eight times its memory",
        script=_TAKE.format(2000),
        honest=_TAKE.format(4),
        ends=ReasonCode.OUT_OF_MEMORY,
        says="256 MiB",
        also=_was_killed,
        sample=True,
    ),
    Attack(
        name="swap-hog",
        does="keeps an endless line in memory, to be swapped out",
        script="tail -n 1 /dev/zero",
        honest="echo line | tail -n 1",
        ends=ReasonCode.OUT_OF_MEMORY,
        also=_was_killed,
    ),
    Attack(
        name="many-small-hogs",
        does="takes the memory with twelve processes that are small each",
        script=f"i=0; while [ $i -lt 12 ]; do ({_TAKE.format(40)}; sleep 1000) & i=$((i+1)); done;"
        " wait",
        honest=f"({_TAKE.format(4)}) & wait",
        ends=(ReasonCode.OUT_OF_MEMORY, ReasonCode.TIME_LIMIT),
        limits=QUICK,
        also=_was_killed,
    ),
    Attack(
        name="hog-in-a-child",
        does="lets a child be killed for its memory and reports success",
        script=f"({_TAKE.format(2000)}; echo $?); {OK}",
        honest=f"({_TAKE.format(4)})",
        ends=ReasonCode.SUCCEEDED,
        says="256 MiB",
        also=_was_killed,
        storages=("host",),
    ),
    Attack(
        name="shared-memory-filler",
        does="fills /dev/shm",
        script=f"{_FILL.format('/dev/shm', 500)} || exit 1",
        honest=_FILL.format("/dev/shm", 4),
        ends=ReasonCode.DISK_FULL,
        says="/dev/shm",
    ),
)

DISK = (
    Attack(
        name="scratch-filler",
        does="writes gigabytes to /tmp",
        script=f"{_FILL.format('/tmp', 3000)} || exit 1",
        honest=_FILL.format("/tmp", 1),
        ends=ReasonCode.DISK_FULL,
        says="/tmp, which is limited to 16 MiB",
        sample=True,
    ),
    Attack(
        name="output-filler",
        does="writes gigabytes to /output",
        script=f"{_FILL.format('/output', 3000)} || exit 1",
        honest=f"{_FILL.format('/output', 1)}; rm /output/fill",
        ends=ReasonCode.DISK_FULL,
        says="8 MiB",
    ),
    Attack(
        name="output-inodes",
        does="makes empty files in /output until none can be made",
        script=f"({_EMPTY.format('/output')}) || exit 1; exit 1",
        honest=": > /output/f",
        ends=ReasonCode.DISK_FULL,
        within=40,
    ),
    Attack(
        name="scratch-inodes",
        does="makes empty files in /tmp until none can be made",
        script=f"({_EMPTY.format('/tmp')}) || exit 1; exit 1",
        honest=": > /tmp/f",
        ends=(ReasonCode.DISK_FULL, ReasonCode.OUT_OF_MEMORY),
        within=40,
    ),
    Attack(
        name="volume-filler",
        does="writes gigabytes to a VOLUME of the image, which an engine keeps on the host",
        script=f"{_FILL.format('/data', 3000)} || exit 1",
        honest=_FILL.format("/data", 1),
        ends=ReasonCode.DISK_FULL,
        says="/data",
        layer={"data": folder(mode=0o777)},
        image={"volumes": ["/data"]},
    ),
    Attack(
        name="root-filler",
        does="fills a writable root file system",
        script=f"{_FILL.format('/room', 3000)}; sleep 100",
        honest=_FILL.format("/room", 1),
        ends=(ReasonCode.ROOT_LIMIT, ReasonCode.DISK_FULL, ReasonCode.TIME_LIMIT),
        layer=_ROOM,
        limits=replace(SMALL, writable_root=64 * MIB, wall_clock=20),
        within=30,
    ),
)

LOG = (
    Attack(
        name="log-flood",
        does="writes a gigabyte to its log",
        script="yes 0123456789012345678901234567890123456789 | head -c 1000000000",
        honest="seq 1000",
        ends=ReasonCode.LOG_LIMIT,
        also=_log_is_cut,
        sample=True,
    ),
    Attack(
        name="log-flood-without-lines",
        does="writes a gigabyte without one end of line",
        script="head -c 1000000000 /dev/zero",
        honest="head -c 1000 /dev/zero",
        ends=ReasonCode.LOG_LIMIT,
        also=_log_is_cut,
    ),
    Attack(
        name="error-log-flood",
        does="writes a gigabyte to its error log from ten processes",
        script="for i in $(seq 10); do head -c 100000000 /dev/zero >&2 & done; wait",
        honest="echo problem >&2",
        ends=ReasonCode.LOG_LIMIT,
        also=_log_is_cut,
    ),
)

TIME = (
    Attack(
        name="sleeps-for-ever",
        does="never ends",
        script="sleep 100000",
        honest="sleep 0",
        ends=ReasonCode.TIME_LIMIT,
        says="4 s",
        limits=QUICK,
        also=_at_the_wall,
    ),
    Attack(
        name="ignores-signals",
        does="never ends and ignores every signal that it may ignore",
        script="trap '' TERM INT HUP QUIT USR1 USR2; while :; do sleep 1; done",
        honest="trap '' TERM INT HUP; sleep 0",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
        also=_at_the_wall,
    ),
    Attack(
        name="stops-itself",
        does="stops itself, so that it cannot end",
        script="kill -STOP $$; sleep 100000",
        honest="kill -CONT $$",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
        also=_at_the_wall,
    ),
)

RESOURCES = PROCESSES + MEMORY + DISK + LOG + TIME
