"""Ranks: ties, changes of the rule, and what the pages show."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Entrant, Evaluation, Phase, Submission
from app.challenges.selectors import best_in, leaderboard_for, unranked_for
from app.challenges.services import update_phase
from app.challenges.services.evaluations import advance
from app.core.errors import ValidationFailed
from app.core.states import transition
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    fail_job,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)
from tests.factories.rankings import make_ranking

pytestmark = pytest.mark.django_db


def ranks(phase: Phase) -> list[tuple[int | None, float | None]]:
    return list(leaderboard_for(phase).values_list("rank", "score"))


def change(phase: Phase, **changes: Any) -> None:
    admin = phase.challenge.memberships.get(role="ADMIN").user
    update_phase(actor=admin, phase=phase, **changes)


def test_best_first_and_ties_share_a_rank() -> None:
    phase = make_phase(limit_successful=9)
    for score in (0.5, 0.9, 0.5, 0.1):
        make_evaluation(phase, score=score)
    assert ranks(phase) == [(1, 0.9), (2, 0.5), (2, 0.5), (4, 0.1)]


def test_lower_is_better() -> None:
    phase = make_phase(direction="LOWER")
    for score in (3, 1, 2):
        make_evaluation(phase, score=score)
    assert ranks(phase) == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_change_of_direction_ranks_anew() -> None:
    phase = make_phase()
    for score in (0.1, 0.9):
        make_evaluation(phase, score=score)
    change(phase, direction="LOWER")
    assert ranks(phase) == [(1, 0.1), (2, 0.9)]


def test_a_change_of_the_score_ranks_anew_and_back() -> None:
    phase = make_phase()
    both = {"aggregates": {"dice": {"mean": 0.9}}, "distance": 7}
    make_evaluation(phase, metrics=both)
    poor = make_evaluation(phase, score=0.5)
    change(phase, score_path="distance", direction="LOWER")
    assert ranks(phase) == [(1, 7.0)]
    poor.refresh_from_db()
    assert (poor.score, poor.rank) == (None, None)
    assert "holds nothing at 'distance'" in poor.reason
    change(phase, score_path="aggregates.dice.mean", direction="HIGHER")
    poor.refresh_from_db()
    assert (poor.score, poor.rank, poor.reason) == (0.5, 2, "")


@pytest.mark.parametrize(
    ("metrics", "path", "said"),
    [
        ({"scores": [0.9]}, "scores.0", "holds nothing at 'scores.0'"),
        ({"scores": {"0": 0.9}}, "scores.0", ""),
        ({"score": "0.9"}, "score", "holds no number at 'score'"),
        ({"score": True}, "score", "holds no number at 'score'"),
        ({"score": None}, "score", "holds no number at 'score'"),
        ({"score": {"mean": 1}}, "score", "holds no number at 'score'"),
        ([0.9], "0", "holds nothing at '0'"),
    ],
)
def test_only_a_number_behind_keys_is_a_score(metrics: Any, path: str, said: str) -> None:
    phase = make_phase(score_path=path)
    evaluation = make_evaluation(phase, metrics=metrics)
    assert said in evaluation.reason
    assert ranks(phase) == ([] if said else [(1, 0.9)])


def test_the_spread_stands_beside_the_score_where_the_metrics_give_one() -> None:
    phase = make_phase()
    for score, spread in ((0.9, 0.25), (0.8, None)):
        make_evaluation(phase, metrics={"aggregates": {"dice": {"mean": score, "std": spread}}})
    assert [(row.spread, row.case_total) for row in leaderboard_for(phase)] == [
        (0.25, 1),
        (None, 1),
    ]
    change(phase, score_path="aggregates.dice.std")
    assert [row.spread for row in leaderboard_for(phase)] == [None], "it is the score itself"


def test_another_change_does_not_rank() -> None:
    phase = make_phase()
    evaluation = make_evaluation(phase, score=0.5)
    Evaluation.objects.filter(pk=evaluation.pk).update(rank=7)
    change(phase, description="New words")
    evaluation.refresh_from_db()
    assert evaluation.rank == 7


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.", "a b", "a.$b", "x" * 201])
def test_score_paths_are_keys_and_dots(path: str, client: Client, user: User) -> None:
    phase = make_phase(make_challenge(admin=user))
    client.force_login(user)
    data = {
        "title": phase.title,
        "archive": phase.archive_id,
        "score_title": "Dice",
        "score_path": path,
        "direction": "HIGHER",
        "limit_successful": 3,
    }
    response = client.post(reverse("challenges:edit_phase", args=[phase.pk]), data)
    assert response.status_code == 200
    phase.refresh_from_db()
    assert phase.score_path == "aggregates.dice.mean"


def test_a_title_stands_once_per_challenge() -> None:
    phase = make_phase(title="Final")
    other = make_phase(phase.challenge, title="Debug")
    with pytest.raises(ValidationFailed) as raised:
        change(other, title="Final")
    assert "title" in raised.value.fields
    make_phase(title="Final")


def test_withdrawn_submissions_leave_the_board() -> None:
    phase = make_phase()
    best, other = (make_evaluation(phase, score=score) for score in (0.9, 0.5))
    transition(best.submission, Submission.State.WITHDRAWN)
    assert list(leaderboard_for(phase)) == [other]
    change(phase, direction="LOWER")
    other.refresh_from_db()
    assert other.rank == 1


def test_phases_are_apart_and_their_best_is_found_at_once() -> None:
    challenge = make_challenge()
    phases = [make_phase(challenge) for _ in range(3)]
    for score in (0.2, 0.8):
        make_evaluation(phases[0], score=score)
    make_evaluation(phases[1], score=0.5)
    found = {phase: row.score for phase, row in best_in(challenge).items()}
    assert found == {phases[0].pk: 0.8, phases[1].pk: 0.5}


def test_pages_name_the_best(client: Client, user: User) -> None:
    phase = make_phase(make_challenge(participants=(user,)))
    make_evaluation(phase, score=0.25)
    make_evaluation(phase, score=0.8125, creator=user)
    client.force_login(user)
    detail = client.get(reverse("challenges:detail", args=[phase.challenge.pk]))
    assert f"0.8125 by {user.display_name}" in detail.content.decode()
    board = client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
    assert board.index('data-rank="1"') < board.index('data-rank="2"')
    assert 'data-score="0.812500"' in board
    assert "row-mine" in board


def test_who_has_no_place_reads_why_below_the_board_and_others_do_not(client: Client) -> None:
    phase = make_phase()
    ranked = make_evaluation(phase, score=0.9)
    failed = make_submission(phase).evaluations.get()
    advance(failed.pk)
    fail_job(failed.cases.get().job)
    advance(failed.pk)
    admin = phase.challenge.memberships.get(role="ADMIN").user
    reason = "The algorithm failed on case 1 of the hidden test set."
    for person, seen in (
        (failed.submission.creator, True),
        (admin, True),
        (ranked.submission.creator, False),
    ):
        client.force_login(person)
        page = client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
        assert ('id="unranked"' in page, reason in page) == (seen, seen), person


def test_who_has_a_place_is_not_told_of_lesser_results() -> None:
    phase = make_phase()
    best = make_evaluation(phase, score=0.9)
    make_evaluation(phase, score=0.5, creator=best.submission.creator)
    missing = make_evaluation(phase, metrics={"other": 1})
    admin = phase.challenge.memberships.get(role="ADMIN").user
    assert list(unranked_for(admin, phase)) == [missing]


class TestNarrowing:
    """Places stay those among all."""

    @pytest.fixture
    def phase(self, user: User) -> Phase:
        phase = make_phase(make_challenge(admin=user), limit_successful=9)
        for name, score in (("anna", 0.9), ("berta", 0.8), ("cora", 0.7)):
            make_evaluation(phase, creator=UserFactory(username=name), score=score)
        make_evaluation(phase, creator=user, score=0.6)
        Entrant.objects.filter(person__username="anna").update(baseline=True)
        return phase

    def shown(self, client: Client, phase: Phase, **asked: str) -> list[tuple[str, float]]:
        page = client.get(reverse("challenges:phase", args=[phase.pk]), asked)
        rows = [place.row for place in page.context["places"]]
        assert page.context["list"].total == len(rows)
        return [(row.submission.creator.username, row.place) for row in rows]

    def test_by_name(self, signed_in: Client, phase: Phase) -> None:
        assert self.shown(signed_in, phase, q="BERT") == [("berta", 2)]

    def test_without_baselines_and_organizers(self, signed_in: Client, phase: Phase) -> None:
        assert self.shown(signed_in, phase, who="compete") == [("berta", 2), ("cora", 3)]

    def test_to_oneself(self, signed_in: Client, user: User, phase: Phase) -> None:
        assert self.shown(signed_in, phase, who="mine") == [(user.username, 4)]

    def test_to_nobody_is_said(self, signed_in: Client, phase: Phase) -> None:
        page = signed_in.get(reverse("challenges:phase", args=[phase.pk]), {"q": "nobody"})
        assert b"Nobody is found" in page.content
        assert b"Nobody is ranked yet" not in page.content

    def test_what_nobody_offers_narrows_nothing(self, signed_in: Client, phase: Phase) -> None:
        assert len(self.shown(signed_in, phase, who="<script>")) == 4


def test_a_best_result_that_the_ranking_does_not_know_yet_stands_first(client: Client) -> None:
    phase = make_phase()
    worse = make_evaluation(phase, score=0.5)
    ranking = make_ranking(phase, {"Worse": [0.5, 0.5]})
    entrant = worse.submission.competes_as
    assert entrant is not None
    ranking.entries.create(evaluation=worse, entrant=entrant, name="Worse", position=1.0)
    make_evaluation(phase, score=0.9)
    client.force_login(worse.submission.creator)
    page = client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
    assert re.findall(r'data-rank="(\d+)"', page) == ["1", "2"]
