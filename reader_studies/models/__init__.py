"""Reader studies, display sets, questions and answers."""

from reader_studies.models.answer import Answer
from reader_studies.models.display_set import DisplaySet
from reader_studies.models.question import Question, QuestionOption
from reader_studies.models.reader_study import ReaderStudy, ReaderStudyMember, ReaderStudyRequest
from reader_studies.models.reading import Reading

__all__ = [
    "Answer",
    "DisplaySet",
    "Question",
    "QuestionOption",
    "ReaderStudy",
    "ReaderStudyMember",
    "ReaderStudyRequest",
    "Reading",
]
