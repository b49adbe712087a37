"""Finding GPUs, with a stand-in for nvidia-smi where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_django import Settings

from app.execution.contract import Capacity
from app.execution.contract.limits import GIB, MIB
from app.execution.executors import EngineStatus, hardware
from app.execution.services.workers import capacity_to_give
from config.settings.environment import Environment

INFO: dict[str, Any] = {"NCPU": 16, "MemTotal": 64 * GIB, "Runtimes": {"runc": {}, "nvidia": {}}}


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let a program named nvidia-smi print some text."""
    hardware._gpus.cache_clear()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def say(text: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)

    yield say
    hardware._gpus.cache_clear()


def test_gpus_are_found_by_number(tell: Callable[[str], None]) -> None:
    tell("0, 24564\n1, 24564\n3, 81559")
    found = hardware.capacity_of(INFO)
    assert found == Capacity(
        cpus=16, memory=64 * GIB, gpus=(24564 * MIB, 24564 * MIB, 0, 81559 * MIB)
    )


def test_devices_that_the_engine_names_count_as_well(tell: Callable[[str], None]) -> None:
    tell("0, 16384")
    info = INFO | {"Runtimes": {}, "DiscoveredDevices": [{"ID": "nvidia.com/gpu=0"}]}
    assert hardware.capacity_of(info).gpus == (16 * GIB,)


def test_an_engine_that_cannot_hand_out_gpus_has_none(tell: Callable[[str], None]) -> None:
    tell("0, 24564")
    assert hardware.capacity_of(INFO | {"Runtimes": {"runc": {}}}).gpus == ()


@pytest.mark.parametrize("answer", ["No devices were found", "0, [N/A]", ""])
def test_an_answer_without_sizes_means_none(tell: Callable[[str], None], answer: str) -> None:
    tell(answer)
    assert hardware.capacity_of(INFO).gpus == ()


def test_without_the_program_there_is_none(tell: Callable[[str], None]) -> None:
    assert hardware.capacity_of(INFO).gpus == ()


def test_settings_say_what_a_worker_may_give_away(settings: Settings) -> None:
    status = EngineStatus(
        available=True,
        name="docker",
        message="",
        capacity=Capacity(cpus=16, memory=64 * GIB, gpus=(GIB,)),
    )
    assert capacity_to_give(status) == status.capacity
    settings.WORKER_CPUS, settings.WORKER_MEMORY_BYTES = 4.0, 8 * GIB
    settings.WORKER_GPUS = Environment(worker_gpus="0, 24576").gpus_of_worker
    assert capacity_to_give(status) == Capacity(cpus=4, memory=8 * GIB, gpus=(0, 24 * GIB))
    settings.WORKER_GPUS = Environment(worker_gpus="0").gpus_of_worker
    assert capacity_to_give(status) == Capacity(cpus=4, memory=8 * GIB, gpus=(0,))
    absent = EngineStatus(available=False, name="null", message="")
    assert capacity_to_give(absent) is None


@pytest.mark.parametrize("wrong", ["24GB", "1;2", "-1", "1,,2"])
def test_a_list_of_gpus_that_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="WORKER_GPUS"):
        Environment(worker_gpus=wrong)
