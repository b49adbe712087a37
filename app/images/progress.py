"""How far an import is, in numbers and in words, read from its row."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Sum

from app.images.models import Import, ImportFile
from app.uploads.models import UserUpload
from app.uploads.services.sweep import KEPT_FOR

Stage = Import.Stage
Outcome = ImportFile.Outcome
_ORDER = [Stage.FETCHING, Stage.LOOKING, Stage.CONVERTING, Stage.ADDING]


@dataclass(frozen=True)
class Step:
    """One stage as people see it: ``state`` is done, current or ahead."""

    label: str
    state: str
    done: int = 0
    total: int = 0

    @property
    def detail(self) -> str:
        """The numbers in words."""
        return f"{self.done:,} of {self.total:,} files" if self.total else ""


@dataclass(frozen=True)
class Kept:
    """Uploads that are still there after an import: how many, how large, until when."""

    files: int
    size: int
    until: datetime | None


def steps_of(source: Import) -> list[Step]:
    """Return the stages of an import that is under way, in order."""
    at = _ORDER.index(Stage(source.stage)) if source.stage else -1
    numbers = {
        Stage.FETCHING: (source.fetched_files, source.uploads.count()),
        Stage.LOOKING: (source.looked_files, source.total_files),
        Stage.CONVERTING: (source.done_files, source.total_files),
        Stage.ADDING: (0, 0),
    }
    steps = []
    for place, stage in enumerate(_ORDER):
        state = "done" if place < at else "current" if place == at else "ahead"
        done, total = numbers[stage]
        shown = (min(done, total), total) if state == "current" else (0, 0)
        steps.append(Step(str(stage.label), state, *shown))
    return steps


def spoken(source: Import, *, images: int) -> tuple[str, str]:
    """Return a key and a sentence for screen readers; it changes seldom enough to be heard.

    That is with each stage and with each quarter of the files.
    """
    if source.state == Import.State.QUEUED:
        return "waiting", "The import waits for a worker."
    if not source.is_finished:
        quarter = source.percent // 25
        words = f"{Stage(source.stage).label}." if source.stage else "The import has begun."
        if source.stage == Stage.CONVERTING:
            words = f"{source.progress_text} files done, {images} images so far."
        return f"{source.stage}-{quarter}", words
    return source.state, f"The import has ended: {source.get_state_display()}. {images} images."


def counts_of(source: Import) -> dict[str, int]:
    """Return how many files came to which end."""
    found = source.files.order_by().values_list("outcome").annotate(count=Count("pk"))
    return {str(outcome): 0 for outcome in Outcome} | dict(found)


def kept_uploads_of(source: Import) -> Kept | None:
    """Return what is kept for another try, or nothing."""
    if not source.is_finished:
        return None
    found = UserUpload.objects.filter(imports=source).aggregate(
        files=Count("pk"), size=Sum("size"), since=Min("modified")
    )
    if not found["files"]:
        return None
    return Kept(found["files"], found["size"] or 0, found["since"] + KEPT_FOR)
