"""Runs a row of the table: its honest twin, the attack, the canary, and a harmless run after it."""

from __future__ import annotations

import shutil
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.execution.contract import ContainerArchiveError, RunResult, RunSpec
from app.execution.contract.child import inspect_in_child
from app.execution.contract.limits import GIB
from app.execution.executors.docker import DockerExecutor, StorageKind
from tests.contract.executor_cases import SMALL, Recorder, left_behind, make_spec, run
from tests.factories.containers import ContainerRecipe, Entry, base_layer, shell_image
from tests.factories.engines import FileServer, engine_address
from tests.hostile.archives import HostileArchive, as_stream, honest
from tests.hostile.canary import Canary
from tests.hostile.friendly import Friendly
from tests.hostile.rows import OK, Attack
from tests.hostile.witness import Witness, watch

_HEALTHY_WITHIN = 20.0
_FIRST_UID, _UIDS = 61_000, 30_000


class Arena:
    """One executor with its canary; nothing of a run may be left in it."""

    def __init__(self, canary: Canary, files: FileServer, *, storage: StorageKind) -> None:
        self.canary = canary
        self.work = canary.folder / "work"
        self.files = files
        self._storage = storage
        self.executor = DockerExecutor(
            work_folder=self.work, base_url=engine_address(), storage=storage
        )

    def fight(self, attack: Attack) -> dict[str, Any]:
        """Play one row; raise when anything is not as it has to be, else say how it went."""
        uid = self.uid_of(attack.name)
        plain = replace(attack, layer={}, second_layer={}, image={}) if attack.is_image else attack
        honest = self._spec(plain, f"{attack.honest}\n{attack.honest_writes}", uid)
        twin, witness = watch(self.executor, honest, converts=attack.converts)
        assert twin.succeeded, (attack.name, "honest twin", twin.reason, witness.log[-500:])
        assert witness.files, "the honest twin left nothing"
        assert witness.images == attack.converts, "the honest image was refused"
        self.canary.remember()
        spec = self._spec(attack, attack.script, uid)
        began = time.monotonic()
        result, witness = watch(self.executor, spec, converts=attack.converts)
        seconds = time.monotonic() - began
        _check_end(attack, result, witness, says=self.filled(attack.says))
        self.check_secret(witness)
        self.canary.check(uid=uid)
        self.check_clean()
        self.check_healthy()
        assert seconds <= attack.within, f"{attack.name} took {seconds:.1f} s"
        return {
            "ended": str(result.reason.code),
            "seconds": round(seconds, 2),
            "within": attack.within,
            "said": result.reason.message[:160].replace(self.canary.token, "…"),
        }

    def welcome(self, container: Friendly) -> dict[str, Any]:
        """Run a friendly container; raise when it fails, or not as it should before the switch."""
        image = container.image(self.files)
        if container.first is not None:
            spec = make_spec(image, limits=container.first_limits)
            result, _ = run(self.executor, spec)
            assert result.reason.code is container.first, result.reason
            said = f"{result.reason.message} {result.reason.advice}"
            assert all(part in said for part in container.first_says), said
        began = time.monotonic()
        spec = make_spec(image, limits=container.limits, inputs=container.inputs)
        result, recorder = run(self.executor, spec)
        assert result.succeeded, (container.name, result.reason, recorder.log[-2000:])
        assert set(recorder.files) == {"result"}
        self.check_clean()
        return {"ended": str(result.reason.code), "seconds": round(time.monotonic() - began, 2)}

    def check_clean(self) -> None:
        """Raise when a run left anything in the work folder or in the engine."""
        assert left_behind(self.work) == []
        assert self.executor.reap(live=set()) == []

    def check_healthy(self) -> None:
        """Raise when the worker cannot run a harmless container any more."""
        began = time.monotonic()
        result, recorder = run(
            self.executor, make_spec(self.files.publish_image(shell_image(OK)), limits=SMALL)
        )
        assert result.succeeded, ("the run after it", result.reason, recorder.log)
        assert recorder.files == {"result": b'{"score": 1}\n'}
        assert time.monotonic() - began < _HEALTHY_WITHIN

    def _spec(self, attack: Attack, script: str, uid: int) -> RunSpec:
        layers = [
            {**base_layer(passwd=passwd_of(uid)), **self._layer(attack.layer, uid)},
            self._layer(attack.second_layer, uid),
        ]
        changes = {
            name: [self.filled(one) for one in value] if isinstance(value, list) else value
            for name, value in attack.image.items()
        }
        recipe: ContainerRecipe = shell_image(
            self.filled(script), layers=[layer for layer in layers if layer], **changes
        )
        reference = self.files.publish_image(recipe)
        return make_spec(reference, limits=attack.limits, outputs=attack.outputs)

    def _layer(self, entries: Mapping[str, Entry], uid: int) -> dict[str, Entry]:
        """Entries with the canary's names filled in; those of uid 1000 belong to the run's user."""
        return {
            self.filled(name): replace(
                entry,
                link=self.filled(entry.link),
                uid=uid if entry.uid == 1000 else entry.uid,
                gid=uid if entry.gid == 1000 else entry.gid,
            )
            for name, entry in entries.items()
        }

    def uid_of(self, name: str) -> int:
        """Return a user of this row here alone: it may run elsewhere at the same time.

        What it leaves running is found by this user.
        """
        return _FIRST_UID + zlib.crc32(f"{name} {self.canary.token}".encode()) % _UIDS

    def filled(self, text: str) -> str:
        """Put in what scripts of attacks name of the outside."""
        for name, value in self.canary.names.items():
            text = text.replace(name, value)
        return text

    def check_secret(self, witness: Recorder) -> None:
        """Raise when an observer saw a file of the worker."""
        seen = b"".join([witness.log, *witness.files.values()])
        told = f"secret of the worker {self.canary.token}".encode()
        assert told not in seen, "a file of the worker was read"


def passwd_of(uid: int) -> bytes:
    """Return an image's accounts, of which one is the run's."""
    return f"root:x:0:0:root:/root:/bin/sh\nuser:x:{uid}:{uid}::/home/user:/bin/sh\n".encode()


def _check_end(attack: Attack, result: RunResult, witness: Witness, *, says: str) -> None:
    reason = result.reason
    about = (attack.name, reason, witness.log[-600:])
    assert reason.code in attack.allowed, about
    said = "\n".join(
        [reason.message, reason.advice, *reason.warnings, witness.log.decode(errors="replace")]
    )
    assert says in said, about
    if not reason.succeeded:
        assert reason.advice or reason.message, about
        assert witness.files == {}, about
    assert witness.images == 0, about
    if attack.also is not None:
        attack.also(result, witness)


def refuse(row: HostileArchive, *, folder: Path) -> dict[str, Any]:
    """Play one archive the way of an upload; raise when it is not refused as it has to be."""
    secret = folder / "secret"
    secret.write_text("untouched")
    before = (sorted(folder.iterdir()), shutil.disk_usage(folder).free)
    manifest = inspect_in_child(as_stream(honest().docker_archive()))
    assert manifest.image_id == honest().image_id()
    began = time.monotonic()
    try:
        inspect_in_child(as_stream(row.make(honest())))
    except ContainerArchiveError as error:
        refusal = error
    else:
        raise AssertionError(f"{row.name} was accepted")
    seconds = time.monotonic() - began
    assert refusal.code in row.allowed, (row.name, refusal.code, refusal.message)
    assert refusal.message.endswith("."), refusal.message
    assert refusal.advice.endswith("."), refusal.advice
    assert (sorted(folder.iterdir()), secret.read_text()) == (before[0], "untouched")
    assert shutil.disk_usage(folder).free > before[1] - GIB, "the disk was filled"
    assert inspect_in_child(as_stream(honest().docker_archive())) == manifest
    assert seconds <= row.within, f"{row.name} took {seconds:.1f} s"
    return {
        "ended": refusal.code,
        "seconds": round(seconds, 2),
        "within": row.within,
        "said": refusal.message[:160],
    }
