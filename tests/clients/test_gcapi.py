"""The unmodified public Python client works here, in the versions that people have."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.environments import client_python
from tests.clients.portal import TOKEN, LivePortal, live_portal
from tests.synthetic import dicom

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(900)]
SCRIPT = Path(__file__).with_name("script.py")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePortal]:
    with live_portal(tmp_path_factory.mktemp("home") / "portal") as found:
        yield found


@pytest.mark.parametrize("version", ["0.15.1", "0.16.1"])
def test_a_day_with_gcapi(portal: LivePortal, version: str, tmp_path: Path) -> None:
    dicom.save(dicom.classic(dicom.volume()), tmp_path / "dicom")
    done = subprocess.run(
        [str(client_python(version)), str(SCRIPT), portal.url, TOKEN, str(tmp_path)],
        env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(portal.certificate)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all done")
