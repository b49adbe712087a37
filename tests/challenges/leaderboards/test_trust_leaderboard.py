"""What made people distrust leaderboards elsewhere: failed entries first, text sorted, losses."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import CaseScore, Evaluation, Phase
from app.challenges.services import cancel_evaluation, evaluate_again
from app.challenges.services.evaluations import advance
from tests.factories.challenges import (
    fail_job,
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("direction", Phase.Direction.values)


@pytest.fixture
def phase(user: User) -> Phase:
    return make_phase(make_challenge(participants=(user,)), limit_successful=None)


def organizer_of(phase: Phase) -> User:
    found: User = phase.challenge.memberships.get(role="ADMIN").user
    return found


def page(person: User, route: str, key: object) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse(route, args=[key])).content.decode()


def on_page(phase: Phase) -> list[tuple[int, float]]:
    """Rank and score of every row of the leaderboard's page, from above."""
    text = page(organizer_of(phase), "challenges:phase", phase.pk)
    rows = re.findall(r'data-rank="(\d+)" data-score="([^"]+)"', text)
    return [(int(rank), float(score)) for rank, score in rows]


def by_api(phase: Phase) -> list[tuple[int, float]]:
    """The same by the API."""
    client = Client()
    client.force_login(organizer_of(phase))
    found = client.get(reverse("api:phase-leaderboard", args=[phase.pk])).json()
    return [(one["rank"], one["score"]) for one in found["results"]]


class TestFailedEntries:
    @BOTH
    def test_none_is_ranked_whichever_way_is_better(self, phase: Phase, direction: str) -> None:
        Phase.objects.filter(pk=phase.pk).update(direction=direction)
        failed_case(phase)
        failed_method(phase)
        cancelled(phase)
        make_evaluation(phase, metrics={"aggregates": {}})
        make_evaluation(phase, metrics={"aggregates": {"dice": {"mean": None}}})
        make_evaluation(phase, score=0.5)
        failed_case(phase)
        assert on_page(phase) == by_api(phase) == [(1, 0.5)]
        assert exported(phase) == {0.5: 1, None: None}

    @BOTH
    def test_one_that_fails_when_evaluated_again_keeps_its_place(
        self, phase: Phase, direction: str
    ) -> None:
        Phase.objects.filter(pk=phase.pk).update(direction=direction)
        first = make_evaluation(phase, score=0.5)
        make_evaluation(phase, score=0.4 if direction == "HIGHER" else 0.6)
        again = evaluate_again(actor=organizer_of(phase), submission=first.submission)
        finish_cases(again)
        again.refresh_from_db()
        fail_job(again.job)
        advance(again.pk)
        make_evaluation(phase, score=0.5)
        assert [rank for rank, _ in on_page(phase)] == [1, 1, 3]


@BOTH
def test_scores_and_ranks_are_sorted_as_numbers(phase: Phase, direction: str) -> None:
    """As text 10 comes before 9, and the tenth before the second."""
    Phase.objects.filter(pk=phase.pk).update(direction=direction)
    scores = [9, 100, 10, -1, -10, 2.5, 1e-7, 1e3, 20, 3, 30, 0]
    for score in scores:
        make_evaluation(phase, score=score)
    wanted = sorted(scores, reverse=direction == "HIGHER")
    assert by_api(phase) == list(enumerate(wanted, start=1))
    assert on_page(phase) == [(rank, round(score, 6)) for rank, score in by_api(phase)]


class TestMissing:
    def test_a_missing_score_takes_nothing_else_away(self, phase: Phase, user: User) -> None:
        other = make_evaluation(phase, score=0.5)
        mine = make_submission(phase, creator=user).evaluations.get()
        finish_cases(mine)
        case = mine.cases.get()
        results = [{"pk": str(case.job_id), "metrics": {"dice": None, "hd95": 3.5}}]
        finish_method(mine, {"aggregates": {"hd95": {"mean": 3.5}}, "results": results})
        assert (mine.state, mine.rank) == ("SUCCEEDED", None)
        assert mine.metrics["aggregates"] == {"hd95": {"mean": 3.5}}
        stored = CaseScore.objects.filter(case=case).order_by("metric")
        assert list(stored.values_list("metric", "value")) == [("dice", None), ("hd95", 3.5)]
        other.refresh_from_db()
        assert other.rank == 1
        shown = page(organizer_of(phase), "challenges:evaluation", mine.pk)
        assert "missing" in shown

    @pytest.mark.parametrize(
        "metrics", [{}, {"aggregates": {"dice": {"mean": None}}}, {"aggregates": None}]
    )
    def test_why_it_is_not_ranked_is_told_whoever_handed_in(
        self, phase: Phase, user: User, metrics: Any
    ) -> None:
        mine = make_evaluation(phase, creator=user, metrics=metrics)
        said = "Not ranked: metrics.json holds no"
        assert said in page(user, "challenges:evaluation", mine.pk)
        client = Client()
        client.force_login(user)
        found = client.get(reverse("api:evaluation-detail", args=[mine.pk])).json()
        assert found["reason"].startswith(said)
        assert found["rank"] is None


class TestTotals:
    def scored(self, user: User, total: object, *values: float | None) -> Evaluation:
        phase = make_phase(make_challenge(participants=(user,)), cases=len(values))
        found: Evaluation = make_submission(phase, creator=user).evaluations.get()
        finish_cases(found)
        results = [
            {"pk": str(case.job_id), "metrics": {"dice": value}}
            for case, value in zip(found.cases.all(), values, strict=True)
        ]
        finish_method(found, {"aggregates": {"dice": {"mean": total}}, "results": results})
        return found

    def test_a_total_that_is_not_the_mean_of_its_cases_is_said(self, user: User) -> None:
        found = self.scored(user, 0.9, 0.5, 0.7)
        (fault,) = found.result_faults
        assert fault == "aggregates.dice.mean is 0.9, but the mean of dice over 2 cases is 0.6."
        phase = found.submission.phase
        assert fault in page(organizer_of(phase), "challenges:evaluation", found.pk)
        assert fault not in page(user, "challenges:evaluation", found.pk)
        assert (found.state, found.rank) == ("SUCCEEDED", 1)

    @pytest.mark.parametrize(
        ("total", "values"),
        [
            (0.6, (0.5, 0.7)),
            (0.6666666666666666, (1.0, 1.0, 0.0)),
            (0.67, (1.0, 1.0, 0.0)),
            (1, (1.0, 1.0)),
            (0.25, (0.5, None)),
            (0.5, (0.5, None)),
            (None, (0.5, 0.7)),
            (1e300, (1e300, 1e300)),
        ],
        ids=str,
    )
    def test_rounding_and_rules_for_missing_cases_are_no_disagreement(
        self, user: User, total: object, values: tuple[float | None, ...]
    ) -> None:
        assert self.scored(user, total, *values).result_faults == []

    def test_the_score_that_is_shown_is_the_one_that_was_given(self, user: User) -> None:
        found = self.scored(user, 0.9, 0.5, 0.7)
        assert on_page(found.submission.phase) == by_api(found.submission.phase) == [(1, 0.9)]


def exported(phase: Phase) -> dict[float | None, int | None]:
    """Score and rank of the evaluations that the export tells of."""
    client = Client()
    client.force_login(organizer_of(phase))
    address = reverse("challenges:export", args=[phase.challenge_id, "evaluations.json"])
    answer: Any = client.get(address)
    rows = json.loads(b"".join(answer.streaming_content))
    return {row["score"]: row["rank"] for row in rows}


def failed_case(phase: Phase) -> None:
    evaluation = make_submission(phase).evaluations.get()
    advance(evaluation.pk)
    fail_job(evaluation.cases.get().job)
    advance(evaluation.pk)


def failed_method(phase: Phase) -> None:
    evaluation = make_submission(phase).evaluations.get()
    finish_cases(evaluation)
    evaluation.refresh_from_db()
    fail_job(evaluation.job)
    advance(evaluation.pk)


def cancelled(phase: Phase) -> None:
    submission = make_submission(phase)
    cancel_evaluation(actor=submission.creator, evaluation=submission.evaluations.get())
