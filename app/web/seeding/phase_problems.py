"""What cannot be in a phase of a seed file: what does not go with what is handed in to it."""

from collections.abc import Iterator

from app.challenges.models import Phase
from app.sockets.schemas import UnusableSchema, check_schema
from app.web.seeding.document_phases import PhaseEntry
from app.web.seeding.reading import Problem

OF_FILES = ("predictions_form", "predictions_schema", "predictions_max_mb")
OF_ALGORITHMS = (
    *("inputs", "outputs"),
    *("gpus", "gpu_memory_mb", "cpus", "memory_mb", "time_limit"),
)


def phase_problems(entry: PhaseEntry, *, path: str) -> Iterator[Problem]:
    """Yield what does not fit the phase's kind, each at its place."""
    files = entry.kind == Phase.Kind.PREDICTIONS
    other, takes = (OF_ALGORITHMS, "files") if files else (OF_FILES, "algorithms")
    for name in other:
        if getattr(entry, name) and name in entry.model_fields_set:
            yield Problem(f"{path}.{name}", f"This phase takes {takes}: it has none of this.")
    if not files and entry.archive is None:
        yield Problem(f"{path}.archive", "Algorithms need cases to run on: name an archive.")
    for number, submission in enumerate(entry.submissions):
        place = f"{path}.submissions[{number}]"
        if files and submission.algorithm is not None:
            yield Problem(f"{place}.algorithm", "This phase takes files: give a file.")
        if not files and submission.file is not None:
            yield Problem(f"{place}.file", "This phase takes algorithms: give an algorithm.")
    if entry.predictions_schema is not None:
        yield from _schema_problems(entry.predictions_schema, path=f"{path}.predictions_schema")


def _schema_problems(schema: object, *, path: str) -> Iterator[Problem]:
    try:
        check_schema(schema)
    except UnusableSchema as error:
        yield Problem(path, str(error))
