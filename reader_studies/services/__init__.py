"""Verbs on reader studies."""

from reader_studies.services.answers import save_answers
from reader_studies.services.export import answers_csv
from reader_studies.services.statistics import study_statistics
from reader_studies.services.studies import (
    add_display_sets,
    add_question,
    create_study,
    delete_display_set,
    delete_question,
    update_study,
)

__all__ = [
    "add_display_sets",
    "add_question",
    "answers_csv",
    "create_study",
    "delete_display_set",
    "delete_question",
    "save_answers",
    "study_statistics",
    "update_study",
]
