"""Versions of answers, none of which is given twice.

Whoever changes an answer says which version they saw. If an answer that was taken back and given
again began at 1 again, a window that still shows the old one would write over the new one.
"""

from django.db.models.functions import Greatest

from reader_studies.models import Answer, DisplaySet


def first_version(display_set: DisplaySet) -> int:
    """Return the version of a new answer: above those that were taken away from its case."""
    last = DisplaySet.objects.values_list("last_version", flat=True).get(pk=display_set.pk)
    return last + 1


def take_away(answer: Answer) -> None:
    """Delete an answer, and remember its version. Call it in a transaction, with its lock."""
    DisplaySet.objects.filter(pk=answer.display_set_id).update(
        last_version=Greatest("last_version", answer.version)
    )
    answer.delete()
