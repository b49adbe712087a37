"""The walkthrough command against the running portal, on real series."""

from __future__ import annotations

import subprocess
import sys

import pytest

from config.local.home import REPOSITORY
from tests.data import DATA
from tests.e2e.portal import Portal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.data,
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize(
    "series", ["ct_axial_philips", "mr_t1_sagittal_HFS", "enhanced_mr_philips"]
)
def test_the_walkthrough_passes_on_a_real_series(portal: Portal, series: str) -> None:
    assert DATA is not None
    found = [path for path in DATA.rglob(series) if path.is_dir()]
    assert found, f"There is no folder {series} in {DATA}."
    command = [sys.executable, "manage.py", "walkthrough", "--input", str(found[0])]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=portal.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "leaderboard" in done.stdout
