"""Runs a row of the table: its honest twin, the attack, the canary, and a harmless run after it."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.execution.contract import RunResult, RunSpec
from app.execution.executors.docker import DockerExecutor, StorageKind
from tests.contract.executor_cases import SMALL, left_behind, make_spec, run
from tests.factories.containers import ContainerRecipe, Entry, base_layer, shell_image
from tests.factories.engines import FileServer, engine_address
from tests.hostile.canary import Canary
from tests.hostile.rows import OK, Attack
from tests.hostile.witness import Witness, watch

_HEALTHY_WITHIN = 20.0
_FIRST_UID, _UIDS = 61_000, 30_000


class Arena:
    """One executor with its canary; nothing of a run may be left in it."""

    def __init__(self, canary: Canary, files: FileServer, *, storage: StorageKind) -> None:
        self.canary = canary
        self.work = canary.folder / "work"
        self._files = files
        self._storage = storage
        self.executor = DockerExecutor(
            work_folder=self.work, base_url=engine_address(), storage=storage
        )

    def fight(self, attack: Attack) -> dict[str, Any]:
        """Play one row; raise when anything is not as it has to be, else say how it went."""
        uid = _FIRST_UID + zlib.crc32(attack.name.encode()) % _UIDS
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
        _check_end(attack, result, witness, says=self._filled(attack.says))
        self._check_secret(witness)
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

    def check_clean(self) -> None:
        """Raise when a run left anything in the work folder or in the engine."""
        assert left_behind(self.work) == []
        assert self.executor.reap(live=set()) == []

    def check_healthy(self) -> None:
        """Raise when the worker cannot run a harmless container any more."""
        began = time.monotonic()
        result, recorder = run(
            self.executor, make_spec(self._files.publish_image(shell_image(OK)), limits=SMALL)
        )
        assert result.succeeded, ("the run after it", result.reason, recorder.log)
        assert recorder.files == {"result": b'{"score": 1}\n'}
        assert time.monotonic() - began < _HEALTHY_WITHIN

    def _spec(self, attack: Attack, script: str, uid: int) -> RunSpec:
        passwd = f"root:x:0:0:root:/root:/bin/sh\nuser:x:{uid}:{uid}::/home/user:/bin/sh\n"
        layers = [
            {**base_layer(passwd=passwd.encode()), **self._layer(attack.layer, uid)},
            self._layer(attack.second_layer, uid),
        ]
        changes = {
            name: [self._filled(one) for one in value] if isinstance(value, list) else value
            for name, value in attack.image.items()
        }
        recipe: ContainerRecipe = shell_image(
            self._filled(script), layers=[layer for layer in layers if layer], **changes
        )
        reference = self._files.publish_image(recipe)
        return make_spec(reference, limits=attack.limits, outputs=attack.outputs)

    def _layer(self, entries: Mapping[str, Entry], uid: int) -> dict[str, Entry]:
        """Entries with the canary's names filled in; those of uid 1000 belong to the run's user."""
        return {
            self._filled(name): replace(
                entry,
                link=self._filled(entry.link),
                uid=uid if entry.uid == 1000 else entry.uid,
                gid=uid if entry.gid == 1000 else entry.gid,
            )
            for name, entry in entries.items()
        }

    def _filled(self, text: str) -> str:
        for name, value in self.canary.names.items():
            text = text.replace(name, value)
        return text

    def _check_secret(self, witness: Witness) -> None:
        seen = b"".join([witness.log, *witness.files.values()])
        told = f"secret of the worker {self.canary.token}".encode()
        assert told not in seen, "a file of the worker was read"


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
