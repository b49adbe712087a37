"""What reader studies record."""

from app.core.audit import register_events

register_events(
    {
        "reader_studies.study.created": "{actor} made the reader study {object}",
        "reader_studies.study.changed": "{actor} changed the reader study {object}",
        "reader_studies.display_sets.added": "{actor} added {count} display set(s) to {object}",
        "reader_studies.display_set.changed": "{actor} changed the display set {object}",
        "reader_studies.display_set.deleted": (
            "{actor} deleted the display set “{title}” from {object}"
        ),
        "reader_studies.question.added": "{actor} added the question {object}",
        "reader_studies.question.changed": "{actor} changed the question {object}",
        "reader_studies.question.deleted": "{actor} deleted the question “{text}” from {object}",
        "reader_studies.answer.given": "{actor} gave an answer",
        "reader_studies.answer.changed": "{actor} changed an answer",
        "reader_studies.answer.taken_back": "{actor} took an answer back",
        "reader_studies.reference.changed": ("{actor} changed the reference standard of {object}"),
        "reader_studies.reference.taken": (
            "{actor} made {count} answers of {reader} the reference standard of {object}"
        ),
        "reader_studies.reference.exported": (
            "{actor} exported the reference standard of {object}"
        ),
        "reader_studies.answers.exported": "{actor} exported the answers of {object}",
        "reader_studies.readerstudyrequest.state_changed": "{object}: {before} → {after}",
    }
)
