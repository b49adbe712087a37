"""The design as a paragraph for the methods section of a paper."""

from collections.abc import Mapping
from typing import Any

from app.challenges.ranking.words import plan_words

_SENTENCES = (
    ("target_cohort", "The target cohort was: {}"),
    ("challenge_cohort", "The challenge cohort was: {}"),
    ("acquisition", "Data were acquired as follows: {}"),
    ("sizes_reason", "These numbers were chosen for the following reason: {}"),
    ("annotation_protocol", "Annotation followed this protocol: {}"),
    ("annotators", "Annotators: {}"),
    ("annotation_merging", "Annotations were merged as follows: {}"),
    ("error_sources", "Known sources of error: {}"),
)
_AFTER = (
    ("ranking_rules", "{}"),
    ("ranking_reason", "The ranking was chosen for the following reason: {}"),
    ("analyses", "Further analyses: {}"),
    ("limits", "Submissions were limited as follows: {}"),
    ("prizes", "Prizes: {}"),
    ("conflicts", "Conflicts of interest: {}"),
)
_COUNTS = (
    ("training_cases", "training"),
    ("validation_cases", "validation"),
    ("test_cases", "test"),
)


def methods_text(title: str, document: Mapping[str, Any], *, declared: str) -> str:
    """Return the paragraph; what the design does not state is not mentioned.

    ``declared`` tells how it was declared: when it was frozen, and whether it was amended since.
    """
    said = [f"The challenge “{title}” was run on the following declared design."]
    if "task" in document:
        said.append(_sentence("Task: {}", document["task"]))
    said += _stated(document, _SENTENCES[:3])
    said += _numbers(document)
    said += _stated(document, _SENTENCES[3:])
    if "annotator_count" in document:
        said.append(f"Annotators per case: {document['annotator_count']}.")
    if "metrics" in document:
        names = "; ".join(f"{one['name']} ({one['reason']})" for one in document["metrics"])
        said.append(_sentence("Metrics: {}", names))
    if "ranking_plan" in document:
        said += plan_words(document["ranking_plan"])
    said += _stated(document, _AFTER)
    return " ".join([*said, declared])


def _stated(document: Mapping[str, Any], sentences: tuple[tuple[str, str], ...]) -> list[str]:
    return [_sentence(form, document[name]) for name, form in sentences if name in document]


def _numbers(document: Mapping[str, Any]) -> list[str]:
    counts = [f"{document[name]} {what}" for name, what in _COUNTS if name in document]
    return [f"There were {', '.join(counts)} cases."] if counts else []


def _sentence(form: str, value: Any) -> str:
    text = " ".join(str(value).split())
    return form.format(text.rstrip(".")) + "."
