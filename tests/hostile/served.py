"""Attacks of containers that stay up, and how they have to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.execution.contract import InputFile, Limits, ReasonCode, RunResult, RunSpec
from app.execution.contract.limits import MIB
from app.execution.contract.spec import ImageReference
from app.execution.executors import Server, open_server
from app.execution.executors.docker import StorageKind
from tests.contract.executor_cases import SMALL, Recorder, make_spec
from tests.factories.containers import (
    DONE,
    READY,
    Entry,
    base_layer,
    serving_image,
    symlink,
)
from tests.hostile.arena import Arena, passwd_of
from tests.hostile.rows import BOTH, OK, QUICK

GOOD = f"{OK}; {DONE}"
_READY_SECONDS = 3.0
_AGAIN = b"tried again in a new container"
_FLOOD = "printf 'HTTP/1.1 201 Created\\r\\n{}'; yes '{}'"
Seen = list[tuple[RunResult, Recorder]]


@dataclass(frozen=True, kw_only=True)
class ServedAttack:
    """A container that stays up and means harm, in some `cases` one after the other.

    `invoke` and its twin `honest` run in the same image; case number N finds N in
    /input/number. The last case ends with one of `ends`, those before succeed. `tried_again` says
    that the last case needs a new container, and `kept` whether the container may serve on.
    """

    name: str
    does: str
    invoke: str
    honest: str = GOOD
    health: str = READY
    setup: str = "true"
    cases: int = 1
    ends: ReasonCode | tuple[ReasonCode, ...]
    says: str = ""
    kept: bool = False
    tried_again: bool = False
    within: float = 30
    limits: Limits = SMALL
    layer: Mapping[str, Entry] = field(default_factory=dict)
    image: Mapping[str, Any] = field(default_factory=dict)
    storages: tuple[StorageKind, ...] = ("host",)
    also: Callable[[Seen], None] | None = None
    sample: bool = False

    @property
    def allowed(self) -> tuple[ReasonCode, ...]:
        """The codes of which one has to be the reason's."""
        return self.ends if isinstance(self.ends, tuple) else (self.ends,)


def withstand(arena: Arena, row: ServedAttack) -> dict[str, Any]:
    """Play one row; raise when anything is not as it has to be, else say how it went."""
    uid = arena.uid_of(row.name)
    honest = replace(row, invoke=row.honest, health=READY, setup="true", layer={}, image={})
    seen, _ = _serve(arena, honest, uid)
    assert all(result.succeeded for result, _ in seen), [result.reason for result, _ in seen]
    arena.canary.remember()
    began = time.monotonic()
    seen, kept = _serve(arena, row, uid)
    seconds = time.monotonic() - began
    last, recorder = seen[-1]
    about = (row.name, last.reason, recorder.log[-600:])
    assert all(result.succeeded for result, _ in seen[:-1]), [one.reason for one, _ in seen]
    assert last.reason.code in row.allowed, about
    assert arena.filled(row.says) in f"{last.reason.message} {last.reason.advice}", about
    assert last.succeeded or recorder.files == {}, about
    assert kept is row.kept, about
    assert (_AGAIN in recorder.log) is row.tried_again, about
    if row.also is not None:
        row.also(seen)
    for _, watched in seen:
        arena.check_secret(watched)
    arena.canary.check(uid=uid)
    arena.check_clean()
    arena.check_healthy()
    assert seconds <= row.within, f"{row.name} took {seconds:.1f} s"
    return {
        "ended": str(last.reason.code),
        "seconds": round(seconds, 2),
        "within": row.within,
        "said": last.reason.message[:160].replace(arena.canary.token, "…"),
    }


def _serve(arena: Arena, row: ServedAttack, uid: int) -> tuple[Seen, bool]:
    """What became of each case, and whether the container could have served another."""
    image = _image(arena, row, uid)
    seen: Seen = []
    opener = Recorder()
    server: Server = open_server(
        arena.executor, _case(image, row, 0), opener, ready_seconds=_READY_SECONDS
    )
    try:
        for number in range(row.cases):
            recorder = opener if number == 0 else Recorder()
            seen.append((server.invoke(_case(image, row, number), recorder), recorder))
        return seen, server.usable
    finally:
        server.close()


def _image(arena: Arena, row: ServedAttack, uid: int) -> ImageReference:
    owned = {
        arena.filled(name): replace(entry, link=arena.filled(entry.link))
        for name, entry in row.layer.items()
    }
    recipe = serving_image(
        arena.filled(row.invoke),
        health=arena.filled(row.health),
        setup=arena.filled(row.setup),
        layers=[{**base_layer(passwd=passwd_of(uid)), **owned}],
        **row.image,
    )
    return arena.files.publish_image(recipe)


def _case(image: ImageReference, row: ServedAttack, number: int) -> RunSpec:
    given = InputFile(relative_path="number", content=str(number).encode())
    return make_spec(image, inputs=(given,), limits=row.limits)


def _nothing_of_before(seen: Seen) -> None:
    for result, recorder in seen:
        assert recorder.log.count(b"secret-of-case") == 0, recorder.log
        assert result.served > 0


def _first_results(seen: Seen) -> None:
    assert [recorder.files for _, recorder in seen] == [{"result": b'{"score": 1}\n'}] * len(seen)


ANSWERS = (
    ServedAttack(
        name="serve-slow-answer",
        does="sends its answer byte by byte for ever, without a status",
        invoke=f"{OK}; while sleep 0.1; do printf x; done",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
        storages=BOTH,
        sample=True,
    ),
    ServedAttack(
        name="serve-endless-junk",
        does="answers with zeros that never end",
        invoke=f"{OK}; cat /dev/zero",
        ends=ReasonCode.ANSWER,
        says="did not answer",
        storages=BOTH,
    ),
    ServedAttack(
        name="serve-endless-headers",
        does="says that it is done, with headers that never end",
        invoke=f"{OK}; {_FLOOD.format('', 'X: y')}",
        ends=ReasonCode.SUCCEEDED,
        kept=True,
        also=_first_results,
    ),
    ServedAttack(
        name="serve-endless-body",
        does="says that it is done, with a body that never ends",
        invoke=f"{OK}; {_FLOOD.format(chr(92) + 'r' + chr(92) + 'n', 'y')}",
        ends=ReasonCode.SUCCEEDED,
        kept=True,
        also=_first_results,
    ),
    ServedAttack(
        name="serve-redirect",
        does="sends the worker to a port of the worker's own machine",
        invoke=f"{OK}; printf 'HTTP/1.1 307 Go\\r\\nLocation: http://127.0.0.1:{{port}}/\\r\\n\\r\\n'",
        ends=ReasonCode.ANSWER,
        says="with 307",
    ),
    ServedAttack(
        name="serve-hangs-up",
        does="closes the connection without a word",
        invoke=OK,
        ends=ReasonCode.ANSWER,
        says="did not answer",
    ),
    ServedAttack(
        name="serve-done-without-results",
        does="says that it is done and leaves nothing",
        invoke=DONE,
        ends=ReasonCode.OUTPUT,
        says="/output/result.json",
    ),
    ServedAttack(
        name="serve-link-to-worker",
        does="leaves a link to a file of the worker as its result, while it stays up",
        invoke=f"ln -s {{secret}} /output/result.json; {DONE}",
        ends=ReasonCode.OUTPUT,
        says="a symbolic link",
    ),
    ServedAttack(
        name="serve-never-ready",
        does="answers every question for its health with a redirect",
        invoke=GOOD,
        health="printf 'HTTP/1.1 302 Go\\r\\nLocation: http://127.0.0.1:{port}/\\r\\n\\r\\n'",
        ends=ReasonCode.NOT_READY,
        says="GET /health with 200",
        storages=BOTH,
    ),
)

BETWEEN = (
    ServedAttack(
        name="serve-leaks",
        does="leaves the data of one case for the next wherever it can write",
        invoke="grep -rs secret-of-case /tmp /output /dev/shm /input >&3;"
        " for place in /tmp /output /dev/shm; do"
        ' mkdir -p "$place/a/b"; echo secret-of-case > "$place/a/b/c"; chmod 0 "$place/a/b";'
        ' echo secret-of-case > "$place/.d"; mkfifo "$place/pipe"; done;'
        f" ln -s {{outside}} /tmp/outside; ln -s / /tmp/root; chmod 0 /tmp/a; {GOOD}",
        cases=3,
        ends=ReasonCode.SUCCEEDED,
        kept=True,
        also=_nothing_of_before,
        sample=True,
    ),
    ServedAttack(
        name="serve-deep-folders",
        does="nests folders as deep as the system lets it",
        invoke="(cd /tmp; i=0; while mkdir d && cd d && [ $i -lt 1200 ]; do i=$((i+1)); done)"
        f" 2>/dev/null; {GOOD}",
        cases=2,
        ends=ReasonCode.SUCCEEDED,
        kept=True,
        within=40,
    ),
    ServedAttack(
        name="serve-keeps-deleted-files",
        does="keeps a deleted file open that fills /tmp, for the next case to have no room",
        invoke="(exec 9>/tmp/big; head -c 12000000 /dev/zero >&9; sleep 1000) "
        ">/dev/null 2>&1 <&- 3>&- & until [ -e /tmp/big ]; do :; done;"
        f" while [ $(wc -c < /tmp/big) -lt 12000000 ]; do :; done; {GOOD}",
        ends=ReasonCode.SUCCEEDED,
    ),
    ServedAttack(
        name="serve-late-writer",
        does="goes on writing its result after it was answered, and into the next case",
        invoke=f"(while :; do echo 2 > /output/late; done) >/dev/null 2>&1 <&- 3>&- & {GOOD}",
        cases=2,
        ends=ReasonCode.SUCCEEDED,
        kept=True,
        also=_first_results,
    ),
    ServedAttack(
        name="serve-dies-in-the-next",
        does="kills itself as soon as the next case is there",
        invoke="if grep -q 0 /input/number; then"
        " (while grep -q 0 /input/number; do :; done; kill -9 -1) >/dev/null 2>&1 <&- 3>&- &"
        f" else sleep 2; fi; {GOOD}",
        cases=2,
        ends=ReasonCode.SUCCEEDED,
        tried_again=True,
        kept=True,
    ),
    ServedAttack(
        name="serve-linked-folder",
        does="makes a declared folder a link to one of the worker's, which is then emptied",
        invoke=f"echo x > /data/x; {GOOD}",
        layer={"data": symlink("{outside}")},
        image={"volumes": ["/data"]},
        ends=ReasonCode.SUCCEEDED,
        sample=True,
    ),
)

RESOURCES = (
    ServedAttack(
        name="serve-fork-bomb",
        does="starts processes without end instead of an answer",
        invoke="bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000",
        ends=(ReasonCode.ANSWER, ReasonCode.TIME_LIMIT, ReasonCode.PROCESS_LIMIT),
        limits=QUICK,
    ),
    ServedAttack(
        name="serve-memory-hog",
        does="takes all the memory there is, and says that it failed",
        invoke="head -c 400000000 /dev/zero | tail > /dev/null; answer '500 No'",
        ends=ReasonCode.OUT_OF_MEMORY,
        limits=replace(SMALL, memory=64 * MIB),
        sample=True,
    ),
    ServedAttack(
        name="serve-endless-log",
        does="logs without end",
        invoke="yes >&3",
        ends=ReasonCode.LOG_LIMIT,
        storages=BOTH,
    ),
    ServedAttack(
        name="serve-ignores-the-end",
        does="ignores every signal and the end of its time",
        invoke="trap '' TERM INT HUP; while :; do sleep 1; done",
        ends=ReasonCode.TIME_LIMIT,
        limits=QUICK,
    ),
)

SERVED: tuple[ServedAttack, ...] = ANSWERS + BETWEEN + RESOURCES
