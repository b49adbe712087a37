"""What a seed file may say about the phases of challenges, and what is handed in to them."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from app.challenges.models import Phase
from app.web.seeding.document import Comment, Entry, FilePath, Handle, Slug, Text, Title

Moment = Annotated[AwareDatetime, Field(strict=False)]
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
Small = Annotated[int, Field(ge=1, le=32_767)]


class SubmissionEntry(Entry):
    """The newest ready version of an algorithm, handed in by one of its editors; or a file."""

    pk: UUID | None = None
    user: Handle
    algorithm: Handle | None = None
    file: FilePath | None = None
    comment: Comment = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.algorithm is None) == (self.file is None):
            raise ValueError("Give an algorithm or a file.")
        return self


class PhaseEntry(Entry):
    """A phase; without sockets an algorithm gets an image and gives a segmentation.

    One of the kind ``PREDICTIONS`` takes files, and can do without an archive. ``design`` is what
    it declares beside the challenge; ``sample`` is the archive of its starter kit, and
    ``sample_truth`` the ground truth of that.
    """

    pk: UUID | None = None
    title: Title
    description: Text = ""
    kind: Phase.Kind = Phase.Kind.ALGORITHM
    archive: Handle | None = None
    predictions_form: Phase.Form = Phase.Form.JSON
    predictions_schema: dict[str, Any] | None = None
    predictions_max_mb: Annotated[int, Field(ge=1, le=50)] = 10
    inputs: Annotated[list[Slug], Field(max_length=100)] = []
    outputs: Annotated[list[Slug], Field(max_length=100)] = []
    score_path: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=200)
    ] = "aggregates.dice.mean"
    score_title: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "Dice"
    direction: Phase.Direction = Phase.Direction.HIGHER
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    frozen_at: Moment | None = None
    limit_successful: Count | None = 10
    limit_successful_days: Small | None = None
    limit_attempted: Count | None = None
    limit_attempted_days: Small | None = None
    limit_under_way: Small | None = 5
    gpus: Annotated[int, Field(ge=0, le=64)] | None = None
    gpu_memory_mb: Count | None = None
    cpus: Small | None = None
    memory_mb: Annotated[int, Field(ge=64, le=2**31 - 1)] | None = None
    time_limit: Annotated[int, Field(ge=10, le=2**31 - 1)] | None = None
    method: FilePath | None = None
    ground_truth: FilePath | None = None
    design: dict[str, Any] | None = None
    sample: Handle | None = None
    sample_truth: FilePath | None = None
    submissions: Annotated[list[SubmissionEntry], Field(max_length=1000)] = []
