"""What algorithms hold of a person."""

from collections.abc import Iterator

from algorithms.models import AlgorithmRun
from algorithms.selectors import LONG_FIELDS
from app.accounts.models import User
from app.accounts.personal_data import Row


def started_runs(user: User) -> Iterator[Row]:
    """Yield the runs that the person started."""
    rows = AlgorithmRun.objects.filter(job__creator=user, try_out=True)
    rows = rows.select_related("version__algorithm", "job").defer(*LONG_FIELDS)
    for run in rows.order_by("created").iterator():
        yield {
            "id": run.pk,
            "algorithm": run.version.algorithm.title,
            "version": run.version.number,
            "case": run.title,
            "state": run.job.state,
            "created": run.created,
            "finished": run.job.finished_at,
        }
