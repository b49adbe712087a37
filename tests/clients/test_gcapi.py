"""The unmodified public Python client works here, in the versions that people have."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.environments import client_python
from tests.clients.portal import TOKEN, LivePortal, live_portal
from tests.factories.containers import DONE, serving_image, shell_image
from tests.factories.engines import engine_address
from tests.sampling import CI
from tests.synthetic import dicom

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(900)]
SCRIPT = Path(__file__).with_name("script.py")


VERSIONS = ("0.15.1", "0.16.1")
OF_JOBS = VERSIONS[-1:] if CI else VERSIONS
COPIER = """
set -e
mkdir -p /output/images/copied
cp /input/images/medical-image/* /output/images/copied/
echo "\\"age $(cat /input/age.json)\\"" > /output/report.json
echo copied
"""


@pytest.fixture(scope="module")
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LivePortal]:
    """One portal for all of these tests; it runs jobs if one of them wants that."""
    here = [item for item in request.session.items if item.path == request.path]
    jobs = any(item.get_closest_marker("docker") for item in here)
    home = tmp_path_factory.mktemp("home") / "portal"
    with live_portal(home, engine=engine_address() if jobs else "") as found:
        yield found


def run_script(portal: LivePortal, *, version: str, folder: Path, day: str) -> None:
    done = subprocess.run(
        [str(client_python(version)), str(SCRIPT), portal.url, TOKEN, str(folder), day],
        env={"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(portal.certificate)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("all done")


@pytest.mark.parametrize("version", VERSIONS)
def test_images_values_and_reading(portal: LivePortal, version: str, tmp_path: Path) -> None:
    dicom.save(dicom.classic(dicom.volume()), tmp_path / "dicom")
    run_script(portal, version=version, folder=tmp_path, day="images")


@pytest.mark.docker
@pytest.mark.parametrize("version", OF_JOBS)
def test_a_job_from_its_container_to_its_outputs(
    portal: LivePortal, version: str, tmp_path: Path
) -> None:
    shell_image(COPIER).write(tmp_path / "container.tar")
    run_script(portal, version=version, folder=tmp_path, day="jobs")


@pytest.mark.docker
def test_an_endpoint_from_its_start_to_its_stop(portal: LivePortal, tmp_path: Path) -> None:
    """Version 0.16 is the first that knows endpoints."""
    report = f'echo "\\"age $(cat /input/age.json)\\"" > /output/report.json; {DONE}'
    serving_image(report).write(tmp_path / "container.tar")
    run_script(portal, version="0.16.1", folder=tmp_path, day="endpoints")
