"""The sample cases of a kit: what an organizer shows everybody, and never a hidden case."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from algorithms.services.planning import match_values
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
    cases: list[SampleCase] = []
    for item, held in _values_of_first(archive).items():
        values, lacks = match_values(sockets, held, {})
        if lacks:
            continue
        try:
            files = tuple(placed_file(value) for value in values)
        except ImageFile.DoesNotExist:
            continue  # a slide, which no container gets
        job = uuid.uuid5(item, "job")
        cases.append(SampleCase(len(cases) + 1, job, tuple(values), files))
    return cases


def _values_of_first(archive: Archive) -> dict[uuid.UUID, list[SocketValue]]:
    """Return the values of the archive's first cases by their keys, in two queries."""
    table: Any = ArchiveItem.values.through
    first = archive.items.values("pk")[:MOST_CASES]
    rows = table.objects.filter(archiveitem__in=first).select_related(
        "socketvalue__socket__look_up_table", "socketvalue__image"
    )
    rows = rows.order_by("archiveitem__title", "archiveitem__created", "socketvalue")
    held: dict[uuid.UUID, list[SocketValue]] = {}
    for row in rows.prefetch_related("socketvalue__image__files"):
        held.setdefault(row.archiveitem_id, []).append(row.socketvalue)
    return held


def with_kit(phases: QuerySet[Phase]) -> QuerySet[Phase]:
    """Return ``phases``, each with its starter kit and what `hides_sample_as_read` tells."""
    hidden = ExpressionWrapper(_holds_hidden("starter_kit__archive"), output_field=BooleanField())
    return phases.select_related("starter_kit__archive").annotate(hides_sample=hidden)


def hides_sample_as_read(phase: Phase) -> bool:
    """Tell whether the sample of a phase held hidden cases when it was read `with_kit`."""
    return bool(vars(phase)["hides_sample"])


def faults_of_sample(
    phase: Phase, archive: Archive, cases: list[SampleCase], *, hidden: bool | None = None
) -> list[str]:
    """Return why these cases of an archive can be no sample now, in words for the organizer.

    ``hidden`` is whether it holds hidden cases, where that is known.
    """
    if _is_hidden(archive) if hidden is None else hidden:
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
    return Archive.objects.filter(_holds_hidden("pk"), pk=archive.pk).exists()


def _holds_hidden(archive: str) -> Q:
    """Tell whether an archive, or a value or an image in it, is in a phase's test archive."""
    hidden = ArchiveItem.objects.filter(archive__in=Phase.objects.values("archive"))
    values = SocketValue.objects.filter(archive_items__in=hidden)
    images = values.filter(image__isnull=False).values("image")
    shared = Q(values__in=values.values("pk")) | Q(values__image__in=images)
    return Q(Exists(Phase.objects.filter(archive=OuterRef(archive)))) | Q(
        Exists(ArchiveItem.objects.filter(shared, archive=OuterRef(archive)))
    )
