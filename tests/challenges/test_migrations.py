"""A site that has challenges already keeps them when it moves to teams, schedules and designs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from app.accounts.models import User
from app.challenges.models import Evaluation, EvaluationCase, Phase, Submission
from app.challenges.services.evaluations import advance
from app.challenges.standing import standing_of
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    make_challenge,
    make_phase,
    make_submission,
    succeed,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BEFORE = ("challenges", "0004_hanging")


def migrate(*targets: Any) -> Any:
    """Migrate to ``targets``; return the models as they are there."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


def newest() -> list[Any]:
    graph = MigrationExecutor(connection).loader.graph
    return list(graph.leaf_nodes())


@pytest.fixture
def restored() -> Iterator[None]:
    """Whatever happens, the next test finds the newest tables."""
    yield
    migrate(*newest())


@pytest.mark.usefixtures("restored")
def test_what_was_handed_in_before_is_there_and_counts() -> None:
    person: User = UserFactory()
    challenge = make_challenge(participants=(person,))
    phase = make_phase(challenge, cases=2)
    closed = make_phase(challenge, title="Closed", archive=phase.archive)
    submission = make_submission(phase, creator=person)
    evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    succeed(evaluation.cases.all()[0].job)

    old = migrate(BEFORE)
    old.get_model("challenges", "Phase").objects.filter(pk=closed.pk).update(open=False)
    assert old.get_model("challenges", "Submission").objects.count() == 1
    migrate(*newest())

    now = timezone.now()
    kept, shut = Phase.objects.get(pk=phase.pk), Phase.objects.get(pk=closed.pk)
    assert (kept.takes_submissions, shut.takes_submissions) == (True, False)
    assert (kept.opens_at, shut.closes_at) == (kept.created, shut.closes_at)
    assert shut.closes_at is not None
    assert now - timedelta(minutes=5) < shut.closes_at <= now
    found = Submission.objects.get(pk=submission.pk)
    assert (found.entrant.person, found.competes_as) == (person, found.entrant)
    assert list(found.people.all()) == [person]
    assert found.evaluations.get().ground_truth.number == 1
    states = EvaluationCase.objects.filter(evaluation=evaluation).values_list("state", flat=True)
    assert list(states.order_by("order")) == ["DONE", "WAITING"]
    finish_cases(evaluation)
    finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.75}}})
    assert Evaluation.objects.get(pk=evaluation.pk).rank == 1
    assert standing_of(person, kept).allowances["successful"].used == 1
