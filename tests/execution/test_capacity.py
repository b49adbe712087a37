"""What fits where, without any worker."""

from __future__ import annotations

import pytest

from app.execution.contract import UNTOLD, Capacity, Limits
from app.execution.contract.limits import GIB, MIB
from app.execution.executors.hardware import capacity_of

LARGE = Capacity(cpus=8, memory=32 * GIB, gpus=(24 * GIB, 0, 48 * GIB))


@pytest.mark.parametrize(
    ("limits", "fits"),
    [
        (Limits(cpus=8, memory=32 * GIB), True),
        (Limits(cpus=8.5, memory=GIB), False),
        (Limits(cpus=1, memory=33 * GIB), False),
        (Limits(cpus=1, memory=GIB, gpus=2), True),
        (Limits(cpus=1, memory=GIB, gpus=3), False),
        (Limits(cpus=1, memory=GIB, gpus=1, gpu_memory=48 * GIB), True),
        (Limits(cpus=1, memory=GIB, gpus=2, gpu_memory=48 * GIB), False),
    ],
)
def test_a_run_fits_when_nothing_is_missing(limits: Limits, fits: bool) -> None:
    assert LARGE.fits(limits) is fits


def test_the_smallest_gpus_that_are_large_enough_are_taken() -> None:
    assert LARGE.devices_for(Limits(gpus=1)) == (0,)
    assert LARGE.devices_for(Limits(gpus=1, gpu_memory=40 * GIB)) == (2,)
    assert LARGE.devices_for(Limits(gpus=2)) == (0, 2)
    assert LARGE.devices_for(Limits()) == ()
    assert LARGE.devices_for(Limits(gpus=2, gpu_memory=40 * GIB)) is None


def test_what_is_taken_is_gone_and_keeps_its_number() -> None:
    left = LARGE.minus(cpus=6, memory=40 * GIB, devices=(0,))
    assert left == Capacity(cpus=2, memory=0, gpus=(0, 0, 48 * GIB))
    assert left.devices_for(Limits(gpus=1)) == (2,)


@pytest.mark.parametrize("mib", [23_028, 24_564, 24_576])
def test_a_gpu_counts_as_what_it_is_sold_as(mib: int) -> None:
    """An A10G tells of 22.5 of its 24 GiB."""
    found = Capacity(cpus=1, memory=GIB, gpus=(mib * MIB,))
    wanted = Limits(cpus=1, memory=GIB, gpus=1, gpu_memory=24 * GIB)
    assert found.fits(wanted)
    assert found.largest_requests()[0] >= 24 * GIB
    assert not found.fits(Limits(cpus=1, memory=GIB, gpus=1, gpu_memory=32 * GIB))


def test_a_worker_that_said_nothing_has_no_gpu() -> None:
    assert UNTOLD.fits(Limits(cpus=1000, memory=2**60))
    assert not UNTOLD.fits(Limits(gpus=1))
    assert UNTOLD.minus(cpus=4, memory=GIB).fits(Limits(cpus=1000))


def test_an_engine_tells_what_its_machine_has() -> None:
    found = capacity_of({"NCPU": 4, "MemTotal": 8 * GIB, "Runtimes": {"runc": {}}})
    assert found == Capacity(cpus=4, memory=8 * GIB)
