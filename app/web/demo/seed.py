"""Filling in the demo; what is there already is left alone."""

from collections.abc import Callable

from django.db import transaction

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Challenge
from app.images.phantom import generate
from app.web.demo.challenge import seed_algorithm, seed_challenge, seed_submissions
from app.web.demo.containers import ContainersMissing, build_containers
from app.web.demo.images import hidden_archive, phantom_archive
from app.web.demo.people import seed_people
from app.web.demo.study import nodule_study
from archives.models import Archive, ArchiveMember
from archives.policies import ARCHIVES

TEST_SHAPE = (60, 256, 256)
TEST_SEEDS = (11, 12, 13)


def seed(report: Callable[[str], None]) -> None:
    """Make people, images, a study, algorithms and a challenge, each unless it is there."""
    people = seed_people()
    report("People are ready")
    if not Archive.objects.exists():
        report("Drawing a thorax phantom and importing it")
        _archives_and_study(people)
    if not Challenge.objects.exists():
        try:
            _challenge(people, report)
        except ContainersMissing as error:
            report(f"No demo containers, so no challenge: {error}")


@transaction.atomic  # a start that is cut short leaves nothing half made
def _archives_and_study(people: dict[str, User]) -> None:
    researcher, author = people["researcher"], people["author"]
    archive = phantom_archive(owner=researcher)
    role = ArchiveMember.Role.USER
    grant_role(ARCHIVES, actor=researcher, obj=archive, user=author, role=role)
    nodule_study(owner=researcher, reader=people["radiologist"], archive=archive)


@transaction.atomic
def _challenge(people: dict[str, User], report: Callable[[str], None]) -> None:
    report("Building the demo's containers")
    containers = build_containers(report)
    organizer, author = people["organizer"], people["author"]
    report("Drawing the hidden test cases")
    phantoms = [generate(seed=number, shape=TEST_SHAPE) for number in TEST_SEEDS]
    hidden = hidden_archive(owner=organizer, phantoms=phantoms)
    report("Setting up the challenge")
    challenge, phase = seed_challenge(
        organizer=organizer, hidden=hidden, phantoms=phantoms, containers=containers
    )
    good = seed_algorithm(
        author=author,
        title="Lung nodule finder",
        description="Finds nodules as soft tissue enclosed by lung.",
        archive=containers / "nodules.tar",
        public=True,
    )
    naive = seed_algorithm(
        author=author,
        title="Slice-wise nodule finder",
        description="A simpler baseline that looks at one slice at a time.",
        archive=containers / "nodules-naive.tar",
    )
    seed_submissions(
        organizer=organizer,
        author=author,
        challenge=challenge,
        phase=phase,
        entries=[good, naive],
    )
