"""Rankings that are kept: made by the plan from what stands on the leaderboard, once, and again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.challenges.leaderboards import rankings
from app.challenges.leaderboards.plans import default_plan
from app.challenges.models import Entrant, Phase, Ranking, Submission
from app.challenges.ranking.plan_reading import parse_plan
from app.challenges.services import compute_ranking, update_phase
from app.challenges.services.rankings import compute_wanted
from app.core.states import transition
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
    name_cases,
)

pytestmark = pytest.mark.django_db


def scored(phase: Phase, *values: float | None, name: str = "") -> Submission:
    """Hand in an algorithm that comes to these scores in the phase's cases."""
    submission = make_submission(phase)
    if name:
        person = submission.creator
        person.first_name, person.last_name = name, ""
        person.save()
    evaluation = submission.evaluations.get()
    finish_cases(evaluation)
    results = [
        {"pk": str(case.job_id), "metrics": {"dice": value}}
        for case, value in zip(evaluation.cases.all(), values, strict=True)
    ]
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known)
    finish_method(evaluation, {"aggregates": {"dice": {"mean": mean}}, "results": results})
    return submission


@pytest.fixture
def phase() -> Phase:
    found = make_phase(cases=4)
    scored(found, 0.9, 0.8, 0.95, 0.7, name="Anna")
    scored(found, 0.5, 0.4, 0.55, 0.3, name="Boris")
    scored(found, 0.89, 0.81, 0.94, 0.71, name="Anna")
    found.refresh_from_db()
    return found


def computed(phase: Phase) -> Ranking:
    phase.refresh_from_db()
    found = compute_ranking(phase)
    assert found is not None, phase.ranking_problem
    return found


def places(ranking: Ranking) -> list[tuple[str, Any, str]]:
    return [(row.name, row.position, row.tier) for row in ranking.entries.all()]


def test_the_mean_over_the_cases_with_intervals(phase: Phase) -> None:
    ranking = computed(phase)
    assert [row[:2] for row in places(ranking)] == [("Anna", 1), ("Anna (2)", 1), ("Boris", 3)]
    assert all(tier for _, _, tier in places(ranking))
    assert (ranking.cases, ranking.entry_count) == (4, 3)
    first = ranking.entries.first()
    assert first is not None
    shown = (first.value_from, first.value, first.value_to)
    assert shown == tuple(sorted(shown, key=float))
    assert len(set(shown)) == 3
    assert sum(first.distribution) == 4
    assert any("under 50" in note for note in ranking.notes)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Brier score", "brier-score"),
        ("mAP@0.5", "map05"),
        ("Sørensen–Dice", "srensendice"),
        ("点数", "score"),
        ("About", "score"),
        ("S" * 120, "s" * 100),
    ],
)
def test_any_title_of_a_score_makes_a_plan_that_runs(phase: Phase, title: str, name: str) -> None:
    phase.score_title = title
    assert parse_plan(default_plan(phase)).schemes[0].name == name


def test_the_same_again_is_not_kept_twice(phase: Phase) -> None:
    assert computed(phase) == computed(phase)
    assert Ranking.objects.count() == 1
    scored(phase, 0.1, 0.1, 0.1, 0.1)
    assert computed(phase) == rankings.newest_ranking(phase)
    assert Ranking.objects.count() == 2


def test_cases_have_numbers_and_no_names() -> None:
    phase = make_phase(cases=2)
    secret = name_cases(phase)
    scored(phase, 0.5, 0.6)
    ranking = computed(phase)
    text = rankings.scores_bytes(ranking).decode()
    everything = text + rankings.results_bytes(ranking).decode() + str(ranking.plan)
    assert "case 001" in text
    assert not [name for name in secret if name in everything]


def test_no_dice_is_above_one(phase: Phase) -> None:
    ranking = computed(phase)
    assert ranking.plan["metrics"]["dice"]["range"] == [0, 1]
    assert max(row.value_to or 0 for row in ranking.entries.all()) == 1


def test_percentages_have_no_range(phase: Phase) -> None:
    scored(phase, 90, 80, 95, 70, name="Percent")
    ranking = computed(phase)
    assert "range" not in ranking.plan["metrics"]["dice"]
    assert max(row.value_to or 0 for row in ranking.entries.all()) > 100


def test_anyone_makes_the_same_bytes_again(phase: Phase, tmp_path: Path) -> None:
    ranking = computed(phase)
    plan, scores, out = (tmp_path / name for name in ("plan.json", "scores.csv", "out.json"))
    plan.write_bytes(rankings.plan_bytes(ranking))
    scores.write_bytes(rankings.scores_bytes(ranking))
    call_command("rank", str(plan), str(scores), output=out)
    assert out.read_bytes() == rankings.results_bytes(ranking)
    about = rankings.results_of(ranking)["about"]
    assert about["inputs"] == {"plan": ranking.plan_sha256, "scores": ranking.scores_sha256}
    assert rankings.scores_of(ranking).digest == ranking.scores_sha256


def test_withdrawn_and_held_back_results_are_not_in_it(phase: Phase) -> None:
    gone = scored(phase, 1, 1, 1, 1, name="Gone")
    transition(gone, Submission.State.WITHDRAWN)
    now = timezone.now()
    Phase.objects.filter(pk=phase.pk).update(frozen_at=now, closes_at=now + timedelta(days=1))
    scored(phase, 1, 1, 1, 1, name="Late")
    assert {name for name, _, _ in places(computed(phase))} == {"Anna", "Anna (2)", "Boris"}


def test_without_scores_of_cases_it_is_by_the_score_alone() -> None:
    phase = make_phase()
    for score in (0.5, 0.9):
        make_evaluation(phase, score=score)
    ranking = computed(phase)
    assert [(row.position, row.value, row.tier) for row in ranking.entries.all()] == [
        (1, 0.9, ""),
        (2, 0.5, ""),
    ]


def test_a_missing_case_is_not_left_out_silently() -> None:
    """Without a declared rule nobody is ranked by a mean over the easier cases."""
    phase = make_phase(cases=2)
    scored(phase, 0.9, None)
    scored(phase, 0.5, 0.6)
    ranking = computed(phase)
    assert list(ranking.plan["metrics"]) == ["aggregates.dice.mean"]


def test_a_plan_that_does_not_fit_says_why_and_mends() -> None:
    phase = make_phase()
    make_evaluation(phase, score=0.5)
    plan = {
        "version": 1,
        "metrics": {"hd95": {"direction": "lower"}},
        "schemes": [{"kind": "absolute", "metric": "hd95"}],
    }
    Phase.objects.filter(pk=phase.pk).update(ranking_plan=plan)
    phase.refresh_from_db()
    assert compute_ranking(phase) is None
    assert "has a score by “hd95”" in phase.ranking_problem
    Phase.objects.filter(pk=phase.pk).update(ranking_plan=None)
    computed(phase)
    assert phase.ranking_problem == ""


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "  two  lines\n", "\u202e", "x" * 300])
def test_hostile_names_are_names(name: str) -> None:
    phase = make_phase(make_challenge(), cases=2)
    scored(phase, 0.5, 0.6, name=name[:150])
    scored(phase, 0.7, 0.8)
    assert computed(phase).entry_count == 2


def test_a_ranking_is_asked_for_once_and_made_after(phase: Phase) -> None:
    assert phase.ranking_wanted_at is not None, "ranking the simple way asks for it"
    compute_wanted(str(phase.pk))
    phase.refresh_from_db()
    assert phase.ranking_wanted_at is None
    assert rankings.newest_ranking(phase) is not None
    admin = phase.challenge.memberships.get(role="ADMIN").user
    update_phase(actor=admin, phase=phase, direction="LOWER")
    phase.refresh_from_db()
    assert phase.ranking_wanted_at is not None
    compute_wanted(str(phase.pk))
    newest = rankings.newest_ranking(phase)
    assert newest is not None
    assert places(newest)[0][0] == "Boris"


def test_as_of_a_moment_gives_what_stood_then(phase: Phase) -> None:
    first = computed(phase)
    scored(phase, 1, 1, 1, 1)
    second = computed(phase)
    assert rankings.ranking_as_of(phase, first.created) == first
    assert rankings.ranking_as_of(phase, second.created) == second
    assert rankings.ranking_as_of(phase, first.created - timedelta(seconds=1)) is None


def test_who_may_have_the_files(phase: Phase) -> None:
    ranking = computed(phase)
    participant = phase.submissions.all()[0].creator
    organizer = phase.challenge.memberships.get(role="ADMIN").user
    assert rankings.may_download(organizer, ranking)
    assert not rankings.may_download(participant, ranking)
    ranking.phase.publish_ranking = True
    assert rankings.may_download(participant, ranking)
    assert not rankings.may_download(UserFactory(), ranking) or phase.challenge.public


def page_of(phase: Phase) -> str:
    client = Client()
    client.force_login(phase.challenge.memberships.get(role="ADMIN").user)
    return client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()


def test_the_page_shows_tiers_intervals_and_distributions(phase: Phase) -> None:
    before = page_of(phase)
    assert "being computed" in before
    compute_wanted(str(phase.pk))
    ranking = rankings.newest_ranking(phase)
    assert ranking is not None
    page = page_of(phase)
    assert "being computed" not in page
    for row in ranking.entries.all():
        assert f"</span>{row.tier}</div>" in page
        assert f"{row.value_from:.4f} to {row.value_to:.4f}" in page
    assert page.count("4 cases are in the upper half of 0.3000 to 0.9500") == 3
    assert f"seed {ranking.seed}" in page
    assert ranking.scores_sha256[:12] in page
    assert "under 50" in page


def test_the_page_is_in_the_order_of_the_plan_and_marks_who_is_no_competitor(phase: Phase) -> None:
    organizer = phase.challenge.memberships.get(role="ADMIN").user
    make_submission(phase, creator=organizer)
    Entrant.objects.filter(person=phase.submissions.earliest("created").creator).update(
        baseline=True
    )
    plan = computed(phase).plan
    plan["metrics"]["dice"]["direction"] = "lower"
    Phase.objects.filter(pk=phase.pk).update(ranking_plan=plan, score_decimals=2)
    computed(phase)
    page = page_of(phase)
    assert page.index("Boris") < page.index("Anna")
    assert page.count(">baseline<") == 1
    assert ">0.44<" in page


def test_the_page_says_why_a_plan_was_not_run(phase: Phase) -> None:
    seed = computed(phase).seed
    assert f"seed {seed}" in page_of(phase)
    Phase.objects.filter(pk=phase.pk).update(ranking_problem="No result has a score by “hd95”.")
    page = page_of(phase)
    assert "No result has a score by “hd95”." in page
    assert f"seed {seed}" not in page, "an older ranking does not stand in for it"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_day_leads_to_the_ranking_of_that_day(phase: Phase) -> None:
    first = computed(phase)
    Ranking.objects.filter(pk=first.pk).update(created=first.created - timedelta(days=9))
    scored(phase, 1, 1, 1, 1, name="Newcomer")
    computed(phase)
    client = signed_in(phase.submissions.earliest("created").creator)
    address = reverse("challenges:phase", args=[phase.pk])
    day = (first.created - timedelta(days=3)).date().isoformat()
    page = client.get(address, {"as_of": day}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("challenges:ranking", args=[first.pk])
    assert "Boris" in page.content.decode()
    assert "Newcomer" not in page.content.decode()
    assert "scores.csv" not in page.content.decode(), "they are not published"
    for none in ("2020-01-01", "yesterday", "9999-99-99"):
        page = client.get(address, {"as_of": none}, follow=True)
        assert page.redirect_chain[-1][0] == address


def test_the_files_are_given_to_whom_they_are_for(phase: Phase) -> None:
    ranking = computed(phase)
    participant = signed_in(phase.submissions.earliest("created").creator)
    organizer = signed_in(phase.challenge.memberships.get(role="ADMIN").user)
    files = [
        reverse("challenges:ranking_file", args=[ranking.pk, name])
        for name in ("plan.json", "scores.csv", "results.json")
    ]
    assert [participant.get(file).status_code for file in files] == [404] * 3
    assert organizer.get(files[1]).content == rankings.scores_bytes(ranking)
    Phase.objects.filter(pk=phase.pk).update(publish_ranking=True)
    assert participant.get(files[2]).content == rankings.results_bytes(ranking)
    assert participant.get(files[0] + "x").status_code == 404
    page = participant.get(reverse("challenges:ranking", args=[ranking.pk])).content.decode()
    assert all(file in page for file in files)
