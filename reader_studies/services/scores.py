"""Comparing answers with the reference standard."""

from uuid import UUID

from reader_studies.models import Answer, DisplaySet, Question


def score_of(answer: Answer, reference: Answer | None) -> float | None:
    """Return 1 where an answer equals the reference, else 0; ``None`` where nothing is compared.

    Only answers that can be equal are: what is drawn needs other measures.
    """
    if reference is None:
        return None
    given, right = answer.content, reference.content
    if given is None or right is None:
        return float(given is None and right is None)
    agrees = answer.answer_type.agrees(given, right)
    return None if agrees is None else float(agrees)


def score(answer: Answer) -> float | None:
    """Return how an answer compares with the reference standard that there is now."""
    reference = Answer.references.filter(
        question=answer.question_id, display_set=answer.display_set_id
    ).first()
    return score_of(answer, reference)


def score_again(*, question: Question, display_set: DisplaySet | UUID) -> None:
    """Compare all readers' answers with a reference that was entered, changed or taken away."""
    reference = Answer.references.filter(question=question, display_set=display_set).first()
    answers = list(
        Answer.objects.select_for_update(of=("self",))
        .filter(question=question, display_set=display_set)
        .select_related("question")
    )
    for answer in answers:
        answer.score = score_of(answer, reference)
    Answer.objects.bulk_update(answers, ["score"], batch_size=1000)
