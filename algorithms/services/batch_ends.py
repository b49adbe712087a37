"""The end of a batch: told once, instead of once for each of its cases."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils import timezone

from algorithms.models import RunBatch
from algorithms.news import BATCH_DONE
from algorithms.run_selectors import batch_counts
from app.notifications.services import notify


def end_if_done(batch: RunBatch) -> None:
    """Finish a locked batch of which nothing waits or runs any more, and tell its creator.

    Nobody is told of what they cancelled themselves.
    """
    if batch.finished_at is not None:
        return
    counts = batch_counts(batch)
    if counts["WAITING"] or counts["ACTIVE"]:
        return
    finish_batch(batch)
    if not counts["CANCELLED"]:
        notify(
            user=batch.creator,
            kind=BATCH_DONE,
            text=_told(batch, counts),
            url=reverse("algorithms:batch", args=[batch.pk]),
        )


def finish_batch(batch: RunBatch) -> None:
    """Note that nothing of a batch is left to do."""
    batch.finished_at = timezone.now()
    batch.save(update_fields=["finished_at", "modified"])


def _told(batch: RunBatch, counts: Mapping[str, int]) -> str:
    done = counts["SUCCEEDED"] + counts["SKIPPED"]
    parts = [f"{done} of {sum(counts.values())} cases are done"]
    if counts["FAILED"]:
        parts.append(f"{counts['FAILED']} failed")
    if counts["REFUSED"]:
        parts.append(f"{counts['REFUSED']} could not run")
    return f"{batch.version.algorithm.title} on {batch.title}: {', '.join(parts)}."
