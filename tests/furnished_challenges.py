"""Pages of challenges as tests/test_query_counts.py asks for them: for a person, with many rows."""

from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.policies import CHALLENGES
from app.challenges.services.design import note_openings
from app.challenges.services.evaluations import advance
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import (
    fail_job,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)
from tests.factories.rankings import make_ranking, plausible_scores
from tests.factories.teams import make_team


def challenge_dashboard(user: User, count: int) -> str:
    """Phases, scored and failed evaluations, teams."""
    found = make_challenge(admin=user)
    for _ in range(count):
        phase = make_phase(found)
        make_evaluation(phase, score=0.5)
        failed = make_submission(phase).evaluations.get()
        advance(failed.pk)
        fail_job(failed.cases.get().job)
        advance(failed.pk)
        make_team(found, UserFactory())
    return reverse("challenges:dashboard", args=[found.pk])


def challenge_people(user: User, count: int) -> str:
    """Participants."""
    found = make_challenge(admin=user)
    for _ in range(count):
        grant_role(CHALLENGES, actor=user, obj=found, user=UserFactory(), role="PARTICIPANT")
    return reverse("challenges:people", args=[found.pk])


def case(user: User, count: int) -> str:
    """A case of an evaluation of many."""
    found = make_evaluation(make_phase(make_challenge(admin=user), cases=count), score=0.5)
    return reverse("challenges:case", args=[found.pk, 1])


def ranking_plots(user: User, count: int) -> str:
    """A ranking of many entries."""
    phase = make_phase(make_challenge(admin=user), ready=False)
    make_ranking(phase, plausible_scores([f"Team {at}" for at in range(count)], cases=4))
    return reverse("challenges:ranking_plots", args=[phase.pk])


def handing_in(user: User, count: int) -> str:
    """Many algorithms to choose from, and all that limits them."""
    challenge = make_challenge(participants=(user,))
    make_team(challenge, user)
    phase = make_phase(challenge, limit_successful=9, limit_attempted=9, limit_under_way=2)
    make_submission(phase, creator=user)
    for _ in range(count):
        make_algorithm(editor=user)
    return reverse("challenges:submit", args=[phase.pk])


def ranking_settings(user: User, count: int) -> str:
    """How a phase with many results ranks."""
    phase = make_phase(make_challenge(admin=user), limit_successful=99, limit_under_way=None)
    for _ in range(count):
        make_evaluation(phase, score=0.5)
    return reverse("challenges:edit_ranking", args=[phase.pk])


def design_form(user: User, count: int) -> str:
    """The form of a design with many phases."""
    found = make_challenge(admin=user)
    for _ in range(count):
        make_phase(found)
    note_openings(found)  # once
    return reverse("challenges:edit_design", args=[found.pk])


def ranking_report(user: User, count: int) -> str:
    """The report of many entries."""
    phase = make_phase(make_challenge(admin=user), ready=False)
    names = [f"Team {at}" for at in range(count)]
    ranking = make_ranking(phase, plausible_scores(names, cases=4))
    return reverse("challenges:ranking_report", args=[ranking.pk])
