"""Starter kits and evaluations whose containers run on a real engine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.accounts.models import User
from app.challenges.models import Evaluation
from app.challenges.services.evaluations import advance
from app.core.storage import get_store
from app.execution.executors.docker import DockerExecutor
from app.execution.models import ContainerImage, Job
from app.execution.services import validate_container_image
from app.execution.services.parsing import parse_outputs
from app.execution.services.running import run_job
from tests.factories.engines import engine_address


@dataclass
class Kit:
    """An unpacked kit, and the bases that its Dockerfiles start from."""

    folder: Path

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the kit with nothing but Docker's address; no network is there."""
        environment = {
            "PATH": os.environ["PATH"],
            "DOCKER_HOST": engine_address(),
            "DOCKER_BUILDKIT": "0",
            "KIT_BUILD_OPTIONS": "--network host",
        }
        return subprocess.run(
            [f"./{script}", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def checked_image(path: Path, *, kind: str, creator: User) -> ContainerImage:
    """An image as it is after its upload was checked."""
    key = f"containers/{path.name}"
    get_store().put_file(path, key=key)
    image = ContainerImage.objects.create(
        creator=creator, kind=kind, filename="i.tar.gz", key=key, size=path.stat().st_size
    )
    validate_container_image(image.pk)
    image.refresh_from_db()
    assert image.state == ContainerImage.State.READY, image.reason
    return image


def work_off(evaluation: Evaluation, *, executor: DockerExecutor) -> Evaluation:
    """Run what an evaluation needs, as a worker would, until it has ended."""
    for _ in range(evaluation.cases.count() + 3):
        advance(evaluation.pk)
        for job in Job.objects.filter(state=Job.State.QUEUED):
            run_job(str(job.pk), worker="test", executor=executor)
            parse_outputs(str(job.pk))
    evaluation.refresh_from_db()
    return evaluation
