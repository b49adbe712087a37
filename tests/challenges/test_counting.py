"""Which of an entrant's results stands on the leaderboard, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.policies import CHALLENGES
from app.challenges.selectors import leaderboard_for
from app.challenges.services import compute_ranking
from app.challenges.services.choosing import choose_submission
from app.challenges.services.leaderboard import rank_what_is_due, rerank
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def phase(user: User) -> Phase:
    return make_phase(make_challenge(participants=(user,)), limit_successful=None)


def rule(phase: Phase, **fields: object) -> None:
    Phase.objects.filter(pk=phase.pk).update(**fields)
    phase.refresh_from_db()


def hand_in(phase: Phase, user: User, *scores: float) -> list[Evaluation]:
    return [make_evaluation(phase, score=score, creator=user) for score in scores]


def shown(phase: Phase) -> list[float | None]:
    return list(leaderboard_for(phase).values_list("score", flat=True))


def reasons(made: list[Evaluation]) -> list[str]:
    for row in made:
        row.refresh_from_db()
    return [row.reason for row in made]


def close(phase: Phase) -> None:
    now = timezone.now()
    rule(phase, opens_at=now - 2 * HOUR, closes_at=now - HOUR / 2, ranked_at=now - HOUR)
    rank_what_is_due()


def test_the_latest_counts_even_if_it_is_worse(phase: Phase, user: User) -> None:
    rule(phase, counts="LATEST")
    made = hand_in(phase, user, 0.5, 0.9, 0.6)
    assert shown(phase) == [0.6]
    assert reasons(made)[1] == "Not ranked: a later result stands on the leaderboard."


def test_the_latest_is_what_was_handed_in_last_not_what_was_evaluated_last(
    phase: Phase, user: User
) -> None:
    rule(phase, counts="LATEST")
    first, _ = hand_in(phase, user, 0.5, 0.6)
    Evaluation.objects.filter(pk=first.pk).update(created=timezone.now() + HOUR)
    rerank(phase)
    assert shown(phase) == [0.6]


def test_a_latest_one_without_a_score_does_not_count(phase: Phase, user: User) -> None:
    rule(phase, counts="LATEST")
    hand_in(phase, user, 0.5)
    make_evaluation(phase, metrics={"other": 1}, creator=user)
    assert shown(phase) == [0.5]


def test_the_chosen_one_counts_and_without_a_choice_the_best(phase: Phase, user: User) -> None:
    rule(phase, counts="CHOSEN")
    made = hand_in(phase, user, 0.5, 0.9, 0.6)
    other = make_evaluation(phase, score=0.7)
    assert shown(phase) == [0.9, 0.7]
    Submission.objects.filter(pk=made[0].submission_id).update(chosen_at=timezone.now())
    rerank(phase)
    assert shown(phase) == [0.7, 0.5]
    assert reasons(made)[1:] == ["Not ranked: another of the team's results was chosen."] * 2
    assert reasons([other]) == [""]
    Submission.objects.filter(pk=made[2].submission_id).update(chosen_at=timezone.now())
    rerank(phase)
    assert shown(phase) == [0.7, 0.6], "the newest choice"


def test_the_ladder_moves_by_its_step_until_the_phase_closes(phase: Phase, user: User) -> None:
    rule(phase, ladder_step=0.05)
    made = hand_in(phase, user, 0.5, 0.54)
    assert shown(phase) == [0.5]
    assert "by the step" in reasons(made)[1]
    made += hand_in(phase, user, 0.55, 0.59)
    assert shown(phase) == [0.55]
    assert reasons(made)[0] == "Not ranked: a better result stands on the leaderboard."
    rerank(phase)
    assert shown(phase) == [0.55], "the same again"
    close(phase)
    assert shown(phase) == [0.59]
    assert "by the step" not in "".join(reasons(made))


def test_a_ladder_says_nothing_where_the_latest_counts(phase: Phase, user: User) -> None:
    rule(phase, ladder_step=0.05, counts="LATEST")
    hand_in(phase, user, 0.5, 0.51)
    assert shown(phase) == [0.51]


def test_what_is_scored_after_the_freeze_is_in_no_ranking_until_the_phase_closes(
    phase: Phase, user: User
) -> None:
    make_evaluation(phase, score=0.6)
    hand_in(phase, user, 0.5)
    now = timezone.now()
    rule(phase, frozen_at=now, closes_at=now + HOUR)
    frozen = compute_ranking(phase)
    hand_in(phase, user, 0.9)
    newcomer = make_evaluation(phase, score=0.7)
    assert compute_ranking(phase) == frozen, "nothing new is in it"
    assert frozen is not None
    assert {row.evaluation.score for row in frozen.entries.all()} == {0.6, 0.5}
    close(phase)
    assert phase.ranking_wanted_at is not None
    thawed = compute_ranking(phase)
    assert thawed is not None
    assert thawed != frozen
    assert {row.evaluation.score for row in thawed.entries.all()} == {0.9, 0.7, 0.6}
    assert reasons([newcomer]) == [""]


@pytest.mark.parametrize(
    "fields",
    [
        {"counts": "BEST"},
        {"counts": "BEST", "direction": "LOWER"},
        {"counts": "LATEST"},
        {"counts": "CHOSEN"},
        {"ladder_step": 0.1},
    ],
)
def test_a_new_result_moves_places_as_ranking_all_again_would(
    phase: Phase, fields: dict[str, object]
) -> None:
    rule(phase, **fields)
    people = [UserFactory() for _ in range(3)]
    for person in people:
        grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=person, role="PARTICIPANT")
    for number, score in enumerate((0.5, 0.5, 0.6, 0.55, 0.4, None)):
        metrics = {"other": 1} if score is None else None
        made = make_evaluation(phase, score=score, metrics=metrics, creator=people[number % 3])
        if fields.get("counts") == "CHOSEN" and score == 0.55:
            choose_submission(actor=people[number % 3], submission=made.submission)
        after = written(phase)
        rerank(phase)
        assert written(phase) == after, f"after result {number}"


def test_a_new_result_after_the_end_brings_out_what_was_held_back(phase: Phase, user: User) -> None:
    rule(phase, ladder_step=0.1)
    other = make_evaluation(phase, score=0.5)
    late = make_submission(phase, creator=user).evaluations.get()
    better = make_submission(phase, creator=other.submission.creator).evaluations.get()
    now = timezone.now()
    finish_cases(better)
    finish_method(better, {"aggregates": {"dice": {"mean": 0.55}}})
    assert shown(phase) == [0.5]
    rule(phase, opens_at=now - 2 * HOUR, closes_at=now - HOUR / 2, ranked_at=now - HOUR)
    finish_cases(late)
    finish_method(late, {"aggregates": {"dice": {"mean": 0.4}}})
    assert shown(phase) == [0.55, 0.4]


def written(phase: Phase) -> list[tuple[object, ...]]:
    found = Evaluation.objects.filter(submission__phase=phase).order_by("created")
    return list(found.values_list("pk", "score", "rank", "reason"))
