"""A ranking that fails for a reason nobody foresaw is tried three times, and then given up."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.challenges.leaderboards import rankings
from app.challenges.models import Phase
from app.challenges.services import update_phase
from app.challenges.services.rankings import MOST_TRIES, compute_wanted, want_what_was_lost
from app.core.storage import get_store
from tests.challenges.leaderboards.test_rankings import scored
from tests.factories.challenges import make_phase

pytestmark = pytest.mark.django_db


class StorageBroken(Exception):
    """What no code of rankings expects."""


@pytest.fixture
def phase() -> Phase:
    found = make_phase(cases=2)
    scored(found, 0.9, 0.8)
    found.refresh_from_db()
    return found


@pytest.fixture
def broken_storage(phase: Phase, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def refuse(*_: object, **__: object) -> None:
        raise StorageBroken(phase.pk)

    monkeypatch.setattr(type(get_store()), "put_bytes", refuse)
    return monkeypatch


def tried(phase: Phase, times: int) -> Phase:
    for _ in range(times):
        compute_wanted(str(phase.pk))
    phase.refresh_from_db()
    return phase


@pytest.mark.usefixtures("broken_storage")
def test_it_is_tried_again_and_then_given_up(phase: Phase) -> None:
    assert tried(phase, MOST_TRIES - 1).ranking_wanted_at is not None
    assert phase.ranking_problem == ""
    assert tried(phase, 1).ranking_wanted_at is None
    assert "3 times" in phase.ranking_problem
    assert rankings.newest_ranking(phase) is None
    client = Client()
    client.force_login(phase.challenge.memberships.get(role="ADMIN").user)
    page = client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
    assert "failed 3 times" in page


def test_what_mends_is_tried_anew(phase: Phase, broken_storage: pytest.MonkeyPatch) -> None:
    tried(phase, MOST_TRIES)
    broken_storage.undo()
    update_phase(
        actor=phase.challenge.memberships.get(role="ADMIN").user, phase=phase, direction="LOWER"
    )
    assert tried(phase, 1).ranking_problem == ""
    assert (phase.ranking_tries, phase.ranking_tried_at) == (0, None)
    assert rankings.newest_ranking(phase) is not None


def test_a_worker_that_dies_counts_too(phase: Phase) -> None:
    """Nobody wrote down how its try ended; whoever comes later finds it begun, and long ago."""
    rows = Phase.objects.filter(pk=phase.pk)
    rows.update(ranking_tries=MOST_TRIES, ranking_tried_at=timezone.now() - timedelta(hours=1))
    assert "3 times" in tried(phase, 1).ranking_problem
    assert phase.ranking_wanted_at is None


def test_nobody_begins_what_is_being_computed(
    phase: Phase, django_capture_on_commit_callbacks: Any
) -> None:
    Phase.objects.filter(pk=phase.pk).update(ranking_tries=1, ranking_tried_at=timezone.now())
    assert tried(phase, 1).ranking_tries == 1
    assert rankings.newest_ranking(phase) is None
    with django_capture_on_commit_callbacks() as sent:
        want_what_was_lost()
    assert sent == []
    Phase.objects.filter(pk=phase.pk).update(ranking_tried_at=None)
    with django_capture_on_commit_callbacks() as sent:
        want_what_was_lost()
    assert len(sent) == 1
