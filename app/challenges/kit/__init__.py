"""The starter kit of a phase: one zip with which participants try their algorithm at home."""

from app.challenges.kit.contents import kit_entries
from app.challenges.kit.sample import (
    MOST_CASES,
    SampleCase,
    faults_of_sample,
    hides_sample_as_read,
    require_sample,
    sample_cases,
    with_kit,
)
from app.challenges.kit.tars import check_packed
from app.challenges.kit.zipping import Entry, zipped

__all__ = [
    "MOST_CASES",
    "Entry",
    "SampleCase",
    "check_packed",
    "faults_of_sample",
    "hides_sample_as_read",
    "kit_entries",
    "require_sample",
    "sample_cases",
    "with_kit",
    "zipped",
]
