"""A fixed sample of generated requests in every run; `make accept ISSUE=api` sends more."""

import time
from pathlib import Path

import pytest

from tests.clients.environments import python_with
from tests.clients.generated import SCHEMATHESIS, send_generated
from tests.clients.portal import live_portal

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(900)]
CASES = 2000
SEED = 20261126


def test_two_thousand_requests_break_nothing(tmp_path: Path) -> None:
    python_with(SCHEMATHESIS)
    with live_portal(tmp_path / "portal") as portal:
        began = time.monotonic()
        found = send_generated(
            portal, folder=tmp_path, examples=24, seed=SEED, phases="fuzzing", timeout=600
        )
    print(found, f"{time.monotonic() - began:.0f} s")
    assert found["cases"] >= CASES
