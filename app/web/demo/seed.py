"""Filling in the demo by seed files made on the spot; what is there already is left alone."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from app.accounts.models import User
from app.challenges.models import Challenge
from app.challenges.services import set_pictures
from app.images.phantom import generate
from app.web import seeding
from app.web.demo.banner import WORDS, banner
from app.web.demo.challenge import challenge
from app.web.demo.containers import ContainersMissing, build_containers
from app.web.demo.images import Shape, archive_and_study
from app.web.demo.people import people
from archives.models import Archive

SHAPE: Shape = (120, 512, 512)
TEST_SHAPE: Shape = (60, 256, 256)
TEST_SEEDS = (11, 12, 13)
SAMPLE_SEED = 14


def seed(
    report: Callable[[str], None], *, shape: Shape = SHAPE, test_shape: Shape = TEST_SHAPE
) -> None:
    """Make people, images, a study, algorithms and a challenge, each unless it is there."""
    seed_people()
    report("People are ready")
    if not Archive.objects.exists():
        report("Drawing a thorax phantom and importing it")
        with _scratch() as folder:
            _follow(archive_and_study(folder, shape=shape))
    if not Challenge.objects.exists():
        try:
            _seed_challenge(report, shape=test_shape)
        except ContainersMissing as error:
            report(f"No demo containers, so no challenge: {error}")


def seed_people() -> None:
    """Make the personas and their organization, or bring their passwords up to date."""
    _follow(people())


def _seed_challenge(report: Callable[[str], None], *, shape: Shape) -> None:
    report("Building the demo's containers")
    containers = build_containers(report)
    report("Drawing the hidden test cases")
    *phantoms, sample = [
        generate(seed=number, shape=shape) for number in (*TEST_SEEDS, SAMPLE_SEED)
    ]
    with _scratch() as folder:
        document = challenge(folder, phantoms=phantoms, sample=sample, containers=containers)
        report("Setting up the challenge")
        _follow(document)
    made = Challenge.objects.get(slug=document["challenges"][0]["slug"])
    owner = User.objects.get(username=document["challenges"][0]["owner"])
    pictures = {"banner": banner(sample)}
    set_pictures(actor=owner, challenge=made, pictures=pictures, words={"banner": WORDS})


def _follow(document: dict[str, Any]) -> None:
    """Follow a seed file that lies in the demo's folder as long as this takes.

    One transaction: a start that is cut short leaves nothing half made.
    """
    with tempfile.NamedTemporaryFile(  # for nobody else to read: it holds passwords
        "w", dir=_folder(), prefix="seed-", suffix=".json"
    ) as file:
        json.dump({"version": 1, **document}, file)
        file.flush()
        result = seeding.seed(Path(file.name))
    if result.conflicts:
        words = "; ".join(f"{one.path}: {one.detail}" for one in result.conflicts)
        raise RuntimeError(f"The demo could not be filled in. {words}")


@contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a folder beside the seed file for drawn images; the portal has its own copies."""
    with tempfile.TemporaryDirectory(dir=_folder(), prefix="files-") as folder:
        yield Path(folder)


def _folder() -> Path:
    folder = Path(settings.HOUNSFIELD_HOME) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
