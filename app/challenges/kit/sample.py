"""The sample cases of a kit: what an organizer shows everybody, and never a hidden case."""

import uuid
from dataclasses import dataclass

from django.db.models import Q

from algorithms.services.planning import plan_case
from app.challenges.models import Phase, StarterKit
from app.core.errors import Conflict
from app.execution.staging import PlacedFile, placed_file
from app.images.models import ImageFile
from app.sockets.models import SocketValue
from archives.models import Archive, ArchiveItem

MOST_CASES = 10
MOST_BYTES = 2 * 2**30
_ONE_FILE = 2**30


@dataclass(frozen=True)
class SampleCase:
    """One case of the sample; ``job`` stands for the job that would run on it."""

    number: int
    job: uuid.UUID
    values: tuple[SocketValue, ...]
    files: tuple[PlacedFile, ...]

    @property
    def name(self) -> str:
        """The folder of the case: titles may be anything."""
        return f"case-{self.number:02}"

    @property
    def size(self) -> int:
        """The bytes of its inputs."""
        return sum(file.size for file in self.files)


def sample_cases(phase: Phase, archive: Archive) -> list[SampleCase]:
    """Return the first cases of the archive that have what the phase gives an algorithm."""
    sockets = list(phase.inputs.all())
    items = archive.items.prefetch_related("values__socket__look_up_table", "values__image__files")
    cases: list[SampleCase] = []
    for item in items[:MOST_CASES]:
        plan = plan_case(sockets, item, {})
        if plan.lacks:
            continue
        try:
            files = tuple(placed_file(value) for value in plan.values)
        except ImageFile.DoesNotExist:
            continue  # a slide, which no container gets
        job = uuid.uuid5(item.pk, "job")
        cases.append(SampleCase(len(cases) + 1, job, tuple(plan.values), files))
    return cases


def faults_of_sample(phase: Phase, archive: Archive, cases: list[SampleCase]) -> list[str]:
    """Return why these cases of an archive can be no sample now, in words for the organizer."""
    if _is_hidden(archive):
        return ["This archive holds hidden test cases of a phase, so it can be no sample."]
    if not cases:
        wanted = ", ".join(socket.title for socket in phase.inputs.all())
        return [f"None of its first {MOST_CASES} cases has what the phase gives: {wanted}."]
    sizes = [file.size for case in cases for file in case.files]
    if sum(sizes) > MOST_BYTES or max(sizes) > _ONE_FILE:
        return ["Its cases are too large: at most 1 GiB a file and 2 GiB together."]
    return []


def require_sample(kit: StarterKit) -> list[SampleCase]:
    """Return the sample cases, else raise `Conflict`.

    Looked at each time: a case may have become a hidden one since.
    """
    cases = sample_cases(kit.phase, kit.archive) if kit.archive else []
    if kit.archive is None or faults_of_sample(kit.phase, kit.archive, cases):
        raise Conflict(
            "This starter kit has no sample that may be given out now.",
            advice="The organizers can choose another sample archive.",
        )
    return cases


def _is_hidden(archive: Archive) -> bool:
    """Tell whether the archive, or a value or an image in it, is in a phase's test archive."""
    hidden = ArchiveItem.objects.filter(archive__in=Phase.objects.values("archive"))
    values = SocketValue.objects.filter(archive_items__in=hidden)
    images = values.filter(image__isnull=False).values("image")
    shared = Q(values__in=values.values("pk")) | Q(values__image__in=images)
    return (
        Phase.objects.filter(archive=archive).exists()
        or ArchiveItem.objects.filter(shared, archive=archive).exists()
    )
