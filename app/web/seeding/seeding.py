"""Following a seed file from its first line to its last, wholly or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from app.accounts.models import User
from app.sockets.models import Socket, SocketValue
from app.sockets.selectors import medical_image_socket, metrics_socket, segmentation_socket
from app.web.seeding.algorithms import seed_algorithm
from app.web.seeding.archives import seed_archive
from app.web.seeding.challenges import seed_challenge
from app.web.seeding.checking import highest_key, problems_of
from app.web.seeding.document_uses import SeedFile
from app.web.seeding.images import imports_allowed, seed_image
from app.web.seeding.people import seed_organization, seed_socket, seed_token, seed_user
from app.web.seeding.reading import UnusableSeed, read_seed
from app.web.seeding.run import Outcome, Run, Status
from app.web.seeding.studies import seed_study
from reader_studies.models import QuestionOption

NUMBERED: dict[str, type[Model]] = {
    "users": User,
    "sockets": Socket,
    "values": SocketValue,
    "options": QuestionOption,
}


@dataclass(frozen=True)
class Result:
    """What a run did; with conflicts, or as a rehearsal, it changed nothing in the end."""

    outcomes: list[Outcome]
    dry_run: bool = False

    @property
    def conflicts(self) -> list[Outcome]:
        """The entries that could not be followed."""
        return [outcome for outcome in self.outcomes if outcome.status is Status.CONFLICT]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries came to each end."""
        return {
            str(status): sum(outcome.status is status for outcome in self.outcomes)
            for status in Status
        }


def seed(
    path: Path, *, say: Callable[[str], None] = lambda line: None, dry_run: bool = False
) -> Result:
    """Follow a seed file in one transaction; raise `UnusableSeed` before anything is written.

    A conflict takes all back, in storage too. A dry run does everything and takes it back.
    """
    entries = read_seed(path)
    folder = path.resolve().parent
    run = Run(folder=folder, say=say)
    done = False
    try:
        with transaction.atomic(), imports_allowed():
            _reserve_numbers(entries)
            _standard_sockets()
            problems = list(problems_of(entries, folder=folder))
            if problems:
                raise UnusableSeed(problems)
            _follow(run, entries)
            result = Result(run.outcomes, dry_run=dry_run)
            done = not (dry_run or result.conflicts)
            if not done:
                transaction.set_rollback(True)
    finally:
        if not done:
            run.take_back()
    return result


def _follow(run: Run, entries: SeedFile) -> None:
    steps: tuple[tuple[str, str, str, Callable[[Run, Any, str], None]], ...] = (
        ("users", "user", "username", seed_user),
        ("organizations", "organization", "title", seed_organization),
        ("tokens", "token", "name", seed_token),
        ("sockets", "socket", "title", seed_socket),
        ("images", "image", "id", seed_image),
        ("archives", "archive", "title", seed_archive),
        ("reader_studies", "reader study", "title", seed_study),
        ("algorithms", "algorithm", "title", seed_algorithm),
        ("challenges", "challenge", "title", seed_challenge),
    )
    for field, kind, name, follow in steps:
        for number, entry in enumerate(getattr(entries, field)):
            path = f"{field}[{number}]"
            with run.entry(path, kind=kind, name=getattr(entry, name)):
                follow(run, entry, path)


def _standard_sockets() -> None:
    """Make sure of the sockets that every portal has."""
    medical_image_socket(), segmentation_socket(), metrics_socket()


def _reserve_numbers(entries: SeedFile) -> None:
    """Let automatic keys begin behind those that the file gives, lest one takes a given key."""
    for name, model in NUMBERED.items():
        highest = highest_key(entries, name)
        if highest is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
            sequence = cursor.fetchone()[0]
            cursor.execute(
                "SELECT setval(%s, %s) WHERE nextval(%s) <= %s",
                [sequence, highest, sequence, highest],
            )
