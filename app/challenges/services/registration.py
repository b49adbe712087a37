"""Writing the questions of registration."""

from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import change, record
from app.challenges.models import Challenge, RegistrationQuestion
from app.core.errors import Conflict, ValidationFailed

MOST_QUESTIONS = 30
MOST_OPTIONS = 50
MOST_OPTION = 100


@transaction.atomic
def add_question(*, actor: User, challenge: Challenge, **fields: Any) -> RegistrationQuestion:
    """Ask one more question of whoever asks from now on."""
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if challenge.registration_questions.count() >= MOST_QUESTIONS:
        raise Conflict(
            f"A challenge asks at most {MOST_QUESTIONS} questions.", advice="Delete one first."
        )
    question = RegistrationQuestion(challenge=challenge, **fields)
    _check_options(question.kind, question.options)
    question.full_clean()
    question.save()
    data = {"text": question.text}
    record("challenges.question.added", obj=challenge, actor=actor, data=data)
    return question


def change_question(
    *, actor: User, question: RegistrationQuestion, **changes: Any
) -> RegistrationQuestion:
    """Change a question; answers that were given stay, with the words they were given to."""
    _check_options(changes.get("kind", question.kind), changes.get("options", question.options))
    return change("challenges.question.changed", obj=question, actor=actor, **changes)


@transaction.atomic
def delete_question(*, actor: User, question: RegistrationQuestion) -> None:
    """Ask a question no longer; answers that were given stay."""
    data = {"text": question.text}
    record("challenges.question.deleted", obj=question.challenge, actor=actor, data=data)
    question.delete()


def _check_options(kind: str, options: Any) -> None:
    if kind != RegistrationQuestion.Kind.CHOICE:
        return
    if not isinstance(options, list) or not 2 <= len(options) <= MOST_OPTIONS:
        raise ValidationFailed(
            fields={"options": [f"Give 2 to {MOST_OPTIONS} answers, one on each line."]}
        )
    fits = all(isinstance(one, str) and 0 < len(one) <= MOST_OPTION for one in options)
    if not fits or len(set(options)) < len(options):
        raise ValidationFailed(
            fields={"options": [f"Answers differ and have at most {MOST_OPTION} characters."]}
        )
