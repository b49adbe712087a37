"""The kit's own scripts, on Docker alone, give the score that the portal gives for the sample."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import numpy as np
import pytest

from app.challenges.models import Evaluation, EvaluationMethod, Phase
from app.challenges.services import add_ground_truth, submit_algorithm
from app.core.storage import get_store
from app.execution.executors.docker import DockerExecutor
from app.execution.models import ContainerImage
from app.images.models import Image, ImageFile
from archives.models import Archive
from demo.containers.algorithms.metaimage import MetaImage, read_metaimage, write_metaimage
from tests.clients.forge import local_bases
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.engines import engine_address
from tests.factories.images import make_image, make_upload, metaimage_bytes
from tests.factories.real_runs import Kit, checked_image, work_off
from tests.factories.starter_kits import kit_zip, make_kit, masks_of, tarball, unzip

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
NAMES = ("scan-1", "scan-2")


@pytest.fixture
def phase(tmp_path: Path) -> Phase:
    """A phase whose hidden cases look as its sample does, and share nothing with it."""
    challenge = make_challenge()
    admin = challenge.memberships.get(role="ADMIN").user
    masks = {name: mask(tmp_path, seed=seed) for seed, name in enumerate(NAMES)}
    phase = make_phase(challenge, archive=archive_of_scans(), ready=False)
    truth = make_upload(owner=admin, content=tarball(masks_of(masks)), filename="truth.tar.gz")
    add_ground_truth(actor=admin, phase=phase, upload=truth)
    shown = {**masks_of(masks), "README": b"The sample alone.\n"}
    make_kit(phase, archive=archive_of_scans(), truth=shown)
    return phase


@pytest.fixture
def kit(phase: Phase, tmp_path: Path) -> Iterator[Kit]:
    client = docker.DockerClient(base_url=engine_address())
    with local_bases(client, tmp_path, numpy=True):
        before = volumes(client)
        yield Kit(unzip(kit_zip(phase), tmp_path / "kit"))
        assert volumes(client) <= before
    client.close()


def volumes(client: docker.DockerClient) -> set[str]:
    """The volumes of kits; a run that was killed on the way may have left some."""
    return {one.name for one in client.volumes.list(filters={"name": "hounsfield-kit-"})}


def test_the_kit_gives_the_score_of_the_portal(
    kit: Kit, phase: Phase, portal: None, executor: DockerExecutor
) -> None:
    done = kit.run("test")
    assert done.returncode == 0, done.stderr
    local = json.loads((kit.folder / "metrics.json").read_text())
    score = local["aggregates"]["dice"]["mean"]
    assert 0 < score < 1
    assert done.stdout == f"aggregates.dice.mean: {score}\n"

    for folder, file in (("example-algorithm", "a.tar.gz"), ("evaluation", "e.tar.gz")):
        packed = kit.run("package", folder, file)
        assert packed.returncode == 0, packed.stderr
    evaluation = evaluated(phase, folder=kit.folder, executor=executor)
    assert evaluation.state == Evaluation.State.SUCCEEDED, evaluation.organizer_reason
    assert evaluation.score == score
    theirs = [(case["case"], case["metrics"]) for case in evaluation.metrics["results"]]
    assert theirs == [(case["case"], case["metrics"]) for case in local["results"]]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("print('nothing')", "images/segmentation was not produced"),
        ("open('/opt/app/x', 'w')", "Read-only file system"),
        ("import socket; socket.create_connection(('1.1.1.1', 53), 5)", "unreachable"),
        ("import time; time.sleep(60)", "longer than 2 s"),
        ("while True: print('x' * 10_000)", "bytes to its log"),
    ],
)
def test_what_fails_there_fails_here(kit: Kit, program: str, said: str) -> None:
    (kit.folder / "example-algorithm" / "algorithm.py").write_text(program)
    calls = kit.folder / "portal" / "algorithm.sh"
    limit = next(line for line in calls.read_text().splitlines() if "TIME_LIMIT=" in line)
    if "longer" in said:
        calls.write_text(calls.read_text().replace(limit, "TIME_LIMIT=2"))
    done = kit.run("test")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""


def archive_of_scans() -> Archive:
    archive = make_archive()
    for seed, name in enumerate(NAMES):
        make_item(archive, title=name, image=scan(name, seed=seed))
    return archive


def scan(name: str, *, seed: int) -> Image:
    """An image whose bytes depend on ``seed``."""
    image = make_image(name=name)
    file = image.files.get(kind=ImageFile.Kind.MHA)
    content = metaimage_bytes(seed)
    get_store().put_bytes(content, key=file.key)
    ImageFile.objects.filter(pk=file.pk).update(size=len(content))
    return image


def mask(folder: Path, *, seed: int) -> bytes:
    """A reference that agrees with a threshold in part."""
    path = folder / "mask.mha"
    path.write_bytes(metaimage_bytes(seed))
    image = read_metaimage(path)
    write_metaimage(path, MetaImage((image.array > 400).astype(np.uint8), image.geometry))
    return path.read_bytes()


def evaluated(phase: Phase, *, folder: Path, executor: DockerExecutor) -> Evaluation:
    """The packed images, handed in and evaluated by the portal's own services."""
    admin = phase.challenge.memberships.get(role="ADMIN").user
    kinds = ContainerImage.Kind
    method = checked_image(folder / "e.tar.gz", kind=kinds.METHOD, creator=admin)
    EvaluationMethod.objects.create(phase=phase, container_image=method)
    algorithm = make_algorithm(editor=admin)
    image = checked_image(folder / "a.tar.gz", kind=kinds.ALGORITHM, creator=admin)
    algorithm.versions.update(container_image=image)
    submission = submit_algorithm(actor=admin, phase=phase, algorithm=algorithm)
    return work_off(submission.evaluations.get(), executor=executor)
