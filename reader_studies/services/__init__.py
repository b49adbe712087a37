"""Verbs on reader studies."""

from reader_studies.services.answers import (
    AnsweredElsewhere,
    GivenAnswer,
    give_answer,
    save_answers,
)
from reader_studies.services.export import answers_csv, study_json
from reader_studies.services.questions import add_question, delete_question, update_question
from reader_studies.services.reading import (
    Saved,
    finish_reading,
    open_reading,
    save_as_one_goes,
    save_reading,
    spend_time,
)
from reader_studies.services.references import (
    save_references,
    set_reference,
    take_as_reference,
)
from reader_studies.services.statistics import study_statistics
from reader_studies.services.studies import (
    add_display_sets,
    change_display_set,
    create_display_set,
    create_study,
    delete_display_set,
    describe_display_set,
    receive_display_set_image,
    update_study,
)
from reader_studies.services.tables import read_reference_csv, reference_csv

__all__ = [
    "AnsweredElsewhere",
    "GivenAnswer",
    "Saved",
    "add_display_sets",
    "add_question",
    "answers_csv",
    "change_display_set",
    "create_display_set",
    "create_study",
    "delete_display_set",
    "delete_question",
    "describe_display_set",
    "finish_reading",
    "give_answer",
    "open_reading",
    "read_reference_csv",
    "receive_display_set_image",
    "reference_csv",
    "save_answers",
    "save_as_one_goes",
    "save_reading",
    "save_references",
    "set_reference",
    "spend_time",
    "study_json",
    "study_statistics",
    "take_as_reference",
    "update_question",
    "update_study",
]
