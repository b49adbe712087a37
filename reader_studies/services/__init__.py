"""Verbs on reader studies."""

from reader_studies.services.answers import give_answer, save_answers
from reader_studies.services.export import answers_csv
from reader_studies.services.statistics import study_statistics
from reader_studies.services.studies import (
    add_display_sets,
    add_question,
    change_display_set,
    create_display_set,
    create_study,
    delete_display_set,
    delete_question,
    describe_display_set,
    receive_display_set_image,
    update_question,
    update_study,
)

__all__ = [
    "add_display_sets",
    "add_question",
    "answers_csv",
    "change_display_set",
    "create_display_set",
    "create_study",
    "delete_display_set",
    "delete_question",
    "describe_display_set",
    "give_answer",
    "receive_display_set_image",
    "save_answers",
    "study_statistics",
    "update_question",
    "update_study",
]
