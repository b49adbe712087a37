"""What participants get of scores: rounded, on the ladder, and no full one by any way."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import User
from app.challenges.leaderboards.shown_scores import rounded, shown_score
from app.challenges.models import Evaluation, Phase
from app.challenges.personal_data import made_submissions
from app.challenges.services import compute_ranking
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    make_challenge,
    make_phase,
    make_submission,
)

HOUR = timedelta(hours=1)
FULL = 0.8765432
CASES = (0.8123456, 0.9407408)


def scored(phase: Phase, user: User, score: float = FULL) -> Evaluation:
    evaluation = make_submission(phase, creator=user).evaluations.get()
    finish_cases(evaluation)
    results = [
        {"pk": str(case.job_id), "metrics": {"dice": value}}
        for case, value in zip(evaluation.cases.all(), CASES, strict=True)
    ]
    finish_method(evaluation, {"aggregates": {"dice": {"mean": score}}, "results": results})
    return evaluation


@pytest.fixture
def phase(user: User) -> Phase:
    found = make_phase(
        make_challenge(participants=(user,)), cases=2, limit_successful=9, show_case_scores=True
    )
    Phase.objects.filter(pk=found.pk).update(score_decimals=2, publish_ranking=True)
    found.refresh_from_db()
    return found


def everything(user: User, phase: Phase, evaluation: Evaluation) -> dict[str, str]:
    """Return whatever may tell a score, by its address."""
    client = Client()
    client.force_login(user)
    ranking = phase.rankings.first()
    assert ranking is not None
    paths = [
        reverse("challenges:detail", args=[phase.challenge_id]),
        *(
            reverse(f"challenges:{name}", args=[phase.pk])
            for name in ("phase", "submissions", "ranking_plots")
        ),
        reverse("challenges:evaluation", args=[evaluation.pk]),
        reverse("challenges:case", args=[evaluation.pk, 1]),
        reverse("challenges:case_scores", args=[evaluation.pk]),
        reverse("challenges:ranking", args=[ranking.pk]),
        reverse("challenges:ranking_report", args=[ranking.pk]),
        *(
            reverse("challenges:ranking_file", args=[ranking.pk, name])
            for name in ("scores.csv", "results.json")
        ),
        *(
            reverse("challenges:ranking_plot", args=[ranking.pk, key])
            for key in ("ranks", "pairs", "stability", "heat-map", "podium", "cases")
        ),
        reverse("api:phase-leaderboard", args=[phase.pk]),
        reverse("api:evaluation-list"),
        reverse("api:evaluation-detail", args=[evaluation.pk]),
        reverse("api:evaluation-scores", args=[evaluation.pk]),
    ]
    return {path: client.get(path).content.decode() for path in paths}


def telling(found: dict[str, str]) -> list[str]:
    """Return where more than two decimals of a score are; the seconds of a time are none."""
    digits = [f"{value:.3f}"[1:] for value in (FULL, *CASES)]
    digits += [f"{value:.7f}"[1:5] for value in (FULL, *CASES)]
    scores = re.compile("|".join(rf"(?<!\d)0?{re.escape(one)}" for one in digits))
    return [path for path, text in found.items() if scores.search(text)]


@pytest.mark.django_db
def test_participants_get_the_full_score_by_no_way_before_the_phase_closes(
    phase: Phase, user: User
) -> None:
    evaluation = scored(phase, user)
    compute_ranking(phase)
    found = everything(user, phase, evaluation)
    assert telling(found) == []
    board = reverse("challenges:phase", args=[phase.pk])
    assert 'data-score="0.880000"' in found[board]
    assert "0.88 by" in found[reverse("challenges:detail", args=[phase.challenge_id])]
    assert ">0.88<" in found[reverse("challenges:submissions", args=[phase.pk])]
    assert "0.88" in found[reverse("challenges:evaluation", args=[evaluation.pk])]
    place = json.loads(found[reverse("api:phase-leaderboard", args=[phase.pk])])["results"][0]
    detail = json.loads(found[reverse("api:evaluation-detail", args=[evaluation.pk])])
    assert (place["score"], detail["rank_score"], detail["metrics"]) == (0.88, 0.88, None)
    assert str(FULL) not in json.dumps(list(made_submissions(user)), default=str)


@pytest.mark.django_db
def test_organizers_get_the_full_score(phase: Phase, user: User) -> None:
    evaluation = scored(phase, user)
    compute_ranking(phase)
    admin = phase.challenge.memberships.get(role="ADMIN").user
    found = everything(admin, phase, evaluation)
    detail = json.loads(found[reverse("api:evaluation-detail", args=[evaluation.pk])])
    place = json.loads(found[reverse("api:phase-leaderboard", args=[phase.pk])])["results"][0]
    assert (place["score"], detail["rank_score"]) == (FULL, FULL)
    assert "0.8765" in found[reverse("challenges:submissions", args=[phase.pk])]


@pytest.mark.django_db
def test_when_the_phase_is_closed_details_come_and_scores_stay_rounded(
    phase: Phase, user: User
) -> None:
    evaluation = scored(phase, user)
    compute_ranking(phase)
    now = timezone.now()
    Phase.objects.filter(pk=phase.pk).update(opens_at=now - 2 * HOUR, closes_at=now - HOUR)
    found = everything(user, phase, evaluation)
    cases = reverse("challenges:case_scores", args=[evaluation.pk])
    assert str(CASES[0]) in found[cases]
    detail = json.loads(found[reverse("api:evaluation-detail", args=[evaluation.pk])])
    assert detail["rank_score"] == 0.88


@pytest.mark.django_db
def test_ranks_use_full_scores(phase: Phase, user: User) -> None:
    scored(phase, user)
    rival = make_submission(phase).creator
    scored(phase, rival, FULL + 0.000001)
    client = Client()
    client.force_login(user)
    rows = client.get(reverse("api:phase-leaderboard", args=[phase.pk])).json()["results"]
    assert [(row["rank"], row["score"]) for row in rows] == [(1, 0.88), (2, 0.88)]


@pytest.mark.django_db
def test_a_result_that_is_no_step_on_the_ladder_has_no_score_until_the_phase_closes(
    phase: Phase, user: User
) -> None:
    Phase.objects.filter(pk=phase.pk).update(score_decimals=None, ladder_step=0.1)
    phase.refresh_from_db()
    scored(phase, user, 0.5)
    hidden = scored(phase, user, FULL - 0.3)
    compute_ranking(phase)
    found = everything(user, phase, hidden)
    assert [path for path, text in found.items() if ".5765" in text] == []
    detail = json.loads(found[reverse("api:evaluation-detail", args=[hidden.pk])])
    assert (detail["rank"], detail["rank_score"]) == (None, None)
    now = timezone.now()
    Phase.objects.filter(pk=phase.pk).update(opens_at=now - 2 * HOUR, closes_at=now - HOUR)
    phase.refresh_from_db()
    assert shown_score(hidden, phase) == FULL - 0.3


@pytest.mark.parametrize(
    ("score", "decimals", "shown"),
    [
        (0.125, 2, 0.13),
        (-0.001, 2, 0.0),
        (1e300, 2, 1e300),
        (0.875, 0, 1.0),
        (0.1234567891234, None, 0.1234567891234),
        (None, 2, None),
    ],
)
def test_rounding(score: float | None, decimals: int | None, shown: float | None) -> None:
    found = rounded(score, Phase(score_decimals=decimals))
    assert repr(found) == repr(shown)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 9))
def test_rounding_again_changes_nothing(score: float, decimals: int) -> None:
    phase = Phase(score_decimals=decimals)
    once = rounded(score, phase)
    assert rounded(once, phase) == once
