"""What is stored of rankings goes with them, and forgets the names of deleted accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.personal_data import personal_data
from app.challenges.leaderboards import rankings
from app.challenges.models import Evaluation, Phase, Ranking
from app.challenges.services import compute_ranking
from app.challenges.tasks import erase_ranked_names
from app.core.storage import ObjectMissing, get_store
from tests.challenges.leaderboards.test_rankings import scored
from tests.factories.challenges import make_phase

pytestmark = pytest.mark.django_db
Committed = Callable[..., Any]


@pytest.fixture
def phase() -> Phase:
    found = make_phase(cases=4)
    for name, score in (("Zenobia", 0.9), ("Boris", 0.5), ("Anna", 0.7)):
        scored(found, score, score - 0.1, score + 0.05, score - 0.2, name=name)
    return found


def computed(phase: Phase) -> Ranking:
    phase.refresh_from_db()
    found = compute_ranking(phase)
    assert found is not None
    return found


def erase(user: User, committed: Committed) -> None:
    """Do what deleting an account does to rankings."""
    user.username, user.is_active = f"deleted-{user.pk}", False
    user.first_name = user.last_name = ""
    user.save()
    with committed(execute=True):
        for kind in personal_data():
            if kind.name == "submissions" and kind.eraser:
                kind.eraser(user)
    with committed(execute=True):
        erase_ranked_names()


def is_there(key: str) -> bool:
    try:
        get_store().open(key).close()
    except ObjectMissing:
        return False
    return True


def person_called(phase: Phase, name: str) -> User:
    return phase.submissions.get(creator__first_name=name).creator


def test_a_deleted_account_has_its_pseudonym_in_rankings_and_the_ranks_stay(
    phase: Phase, django_capture_on_commit_callbacks: Committed
) -> None:
    ranking = computed(phase)
    keys = (ranking.scores_key, ranking.results_key)
    before = {row.evaluation_id: (row.position, row.tier) for row in ranking.entries.all()}
    gone = person_called(phase, "Zenobia")
    erase(gone, django_capture_on_commit_callbacks)
    ranking.refresh_from_db()
    assert not any(is_there(key) for key in keys)
    kept = rankings.scores_bytes(ranking) + rankings.results_bytes(ranking)
    assert b"Zenobia" not in kept
    assert f"deleted-{gone.pk}".encode() in kept
    assert before == {row.evaluation_id: (row.position, row.tier) for row in ranking.entries.all()}
    assert not ranking.entries.filter(name="Zenobia").exists()
    assert rankings.results_of(ranking)["about"]["inputs"]["scores"] == ranking.scores_sha256
    assert computed(phase) == ranking, "what is computed now is the same"


def test_pages_and_plots_forget_the_name_too(
    phase: Phase, django_capture_on_commit_callbacks: Committed
) -> None:
    ranking = computed(phase)
    client = Client()
    client.force_login(phase.challenge.memberships.get(role="ADMIN").user)
    pages = [
        reverse("challenges:phase", args=[phase.pk]),
        reverse("challenges:ranking_plots", args=[phase.pk]),
        reverse("challenges:ranking", args=[ranking.pk]),
        reverse("challenges:ranking_report", args=[ranking.pk]),
    ]
    assert all("Zenobia" in client.get(page).content.decode() for page in pages)
    erase(person_called(phase, "Zenobia"), django_capture_on_commit_callbacks)
    assert not [page for page in pages if "Zenobia" in client.get(page).content.decode()]


def test_it_may_run_twice(phase: Phase, django_capture_on_commit_callbacks: Committed) -> None:
    ranking = computed(phase)
    erase(person_called(phase, "Boris"), django_capture_on_commit_callbacks)
    ranking.refresh_from_db()
    keys = (ranking.scores_key, ranking.results_key)
    with django_capture_on_commit_callbacks(execute=True):
        erase_ranked_names()
    ranking.refresh_from_db()
    assert (ranking.scores_key, ranking.results_key) == keys
    assert all(is_there(key) for key in keys)


def test_files_go_with_the_phase(
    phase: Phase, django_capture_on_commit_callbacks: Committed
) -> None:
    ranking = computed(phase)
    keys = (ranking.scores_key, ranking.results_key)
    assert all(is_there(key) for key in keys)
    with django_capture_on_commit_callbacks(execute=True):
        Evaluation.objects.filter(submission__phase=phase).delete()
        phase.delete()
    assert not any(is_there(key) for key in keys)
