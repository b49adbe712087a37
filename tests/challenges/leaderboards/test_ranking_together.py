"""Evaluations of one phase that are ranked at the same moment."""

import threading

import pytest
from django.db import connections

from app.challenges.models import Evaluation
from app.challenges.services.evaluations import advance
from tests.factories.challenges import make_phase, make_submission

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 6


def test_they_take_turns() -> None:
    """Each writes the rank of all: in any other order they would wait for each other."""
    phase = make_phase(limit_successful=100)
    evaluations = [make_submission(phase).evaluations.get() for _ in range(COUNT)]
    for number, evaluation in enumerate(evaluations):
        metrics = {"aggregates": {"dice": {"mean": number / 10}}}
        rows = Evaluation.objects.filter(pk=evaluation.pk)
        rows.update(state=Evaluation.State.RANKING, metrics=metrics)
    together, failures = threading.Barrier(COUNT), []

    def rank(evaluation: Evaluation) -> None:
        try:
            together.wait()
            advance(evaluation.pk)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=rank, args=(one,)) for one in evaluations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    done = Evaluation.objects.order_by("rank")
    assert [one.state for one in done] == [Evaluation.State.SUCCEEDED] * COUNT
    assert [one.pk for one in done] == [one.pk for one in reversed(evaluations)]
