"""Plots and the report of a ranking: what is drawn, what is said, and who may see it."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Challenge, Phase, Ranking
from app.challenges.services import compute_ranking
from tests.challenges.leaderboards.test_rankings import scored
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_phase, name_cases
from tests.factories.rankings import PLAN, make_ranking, plausible_scores

pytestmark = pytest.mark.django_db
NAMES = ["Ada", "Bo", "Cy", '<b>"Dot"</b>']
KEYS = ["ranks", "pairs", "stability", "heat-map", "podium", "cases"]
OF_CASES = ["podium", "cases"]


@pytest.fixture(autouse=True)
def nothing_cached() -> None:
    cache.clear()


@pytest.fixture
def participant(db: None) -> User:
    return UserFactory()


@pytest.fixture
def challenge(participant: User) -> Challenge:
    return make_challenge(participants=(participant,))


@pytest.fixture
def phase(challenge: Challenge) -> Phase:
    return make_phase(challenge, title="Final", ready=False)


@pytest.fixture
def ranking(phase: Phase) -> Ranking:
    return make_ranking(phase, plausible_scores(NAMES, cases=12))


@pytest.fixture
def organizer(challenge: Challenge) -> Client:
    return sign_in(Client(), challenge.memberships.get(role="ADMIN").user)


@pytest.fixture
def reader(participant: User) -> Client:
    return sign_in(Client(), participant)


def page(client: Client, phase: Phase, **query: str) -> str:
    answer = client.get(reverse("challenges:ranking_plots", args=[phase.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def plot(client: Client, ranking: Ranking, key: str, **query: str) -> Any:
    return client.get(reverse("challenges:ranking_plot", args=[ranking.pk, key]), query)


def report(client: Client, ranking: Ranking, **query: str) -> str:
    answer = client.get(reverse("challenges:ranking_report", args=[ranking.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestPlots:
    def test_every_plot_is_there_with_its_words(
        self, organizer: Client, phase: Phase, ranking: Ranking
    ) -> None:
        said = page(organizer, phase)
        for key in KEYS:
            assert f'id="{key}"' in said
            address = reverse("challenges:ranking_plot", args=[ranking.pk, key])
            assert f'data-plot="{address}?scheme=mean&amp;task=Final"' in said
            spec = plot(organizer, ranking, key).json()
            assert spec["$schema"].endswith("v5.json")
        assert "cannot be told apart at the top" in said or "alone can be first" in said
        assert "Tested by the scheme “tests”." in said
        assert "1 score missing." in said
        assert "<b>" not in said.partition("<main")[2].partition("</main")[0]

    def test_another_scheme_is_chosen(
        self, organizer: Client, phase: Phase, ranking: Ranking
    ) -> None:
        assert '<option value="tests" selected>' in page(organizer, phase, scheme="tests")
        by_mean = plot(organizer, ranking, "ranks").json()
        by_tests = plot(organizer, ranking, "ranks", scheme="tests").json()
        assert by_mean != by_tests

    @pytest.mark.parametrize("unknown", ["nothing", "about", "\0", "x" * 5000])
    def test_what_there_is_not_gives_way_to_the_first(
        self, organizer: Client, phase: Phase, ranking: Ranking, unknown: str
    ) -> None:
        said = page(organizer, phase, scheme=unknown, task=unknown)
        assert "scheme=mean&amp;task=Final" in said
        first = plot(organizer, ranking, "ranks")
        assert plot(organizer, ranking, "ranks", scheme=unknown).content == first.content

    def test_cached_plots_are_the_same(self, organizer: Client, ranking: Ranking) -> None:
        first = [plot(organizer, ranking, key).content for key in KEYS]
        assert [plot(organizer, ranking, key).content for key in KEYS] == first

    def test_no_ranking_yet(self, reader: Client, phase: Phase) -> None:
        assert "No ranking yet" in page(reader, phase)

    def test_one_entry(self, organizer: Client, phase: Phase) -> None:
        ranking = make_ranking(phase, {"Ada": [0.5, 0.6]})
        said = page(organizer, phase)
        assert said.count("It needs two ranked entries at least.") == len(KEYS)
        assert "Nothing to draw yet" in said
        assert plot(organizer, ranking, "ranks").status_code == 404
        assert "There are no plots" in report(organizer, ranking)

    def test_one_number_for_each_entry(self, organizer: Client, phase: Phase) -> None:
        plan = {**PLAN, "schemes": [{"name": "dice", "kind": "absolute", "metric": "dice"}]}
        ranking = make_ranking(phase, {"Ada": [0.5], "Bo": [0.6]}, plan=plan)
        assert "It needs scores of two cases at least." in page(organizer, phase)
        assert "Bo" in report(organizer, ranking)

    def test_nobody_has_a_value(self, organizer: Client, phase: Phase) -> None:
        metrics = {"dice": {"direction": "higher"}}
        gaps = {"Ada": [None, 0.5], "Bo": [0.5, None]}
        ranking = make_ranking(phase, gaps, plan={**PLAN, "metrics": metrics})
        assert page(organizer, phase)
        assert "of its scores are missing" in report(organizer, ranking)

    def test_a_task_of_another_scheme(self, organizer: Client, phase: Phase) -> None:
        overall = {"name": "overall", "kind": "consensus", "of": "mean"}
        plan = {**PLAN, "schemes": [*PLAN["schemes"], overall]}
        ranking = make_ranking(phase, plausible_scores(NAMES, cases=12), plan=plan)
        said = page(organizer, phase, scheme="overall", task="Final")
        assert "scheme=overall&amp;task=all" in said
        assert "This scheme ranks over tasks" in said
        assert report(organizer, ranking, scheme="overall")


class TestComputed:
    """On a ranking that the site made itself."""

    def test_what_is_on_the_leaderboard_is_drawn(
        self, organizer: Client, challenge: Challenge
    ) -> None:
        phase = make_phase(challenge, title="Final", cases=4)
        names = name_cases(phase)
        scored(phase, 0.9, 0.8, 0.95, 0.7, name="Anna")
        scored(phase, 0.5, 0.4, 0.2, 0.3, name="Boris")
        phase.refresh_from_db()
        ranking = compute_ranking(phase)
        assert ranking is not None
        said = page(organizer, phase) + report(organizer, ranking)
        said += "".join(plot(organizer, ranking, key).content.decode() for key in KEYS)
        assert "Anna is first in 4 of 4 cases." in said
        assert '<th scope="row">Boris' in said
        assert "case 004" in said
        assert [name for name in names if name in said] == []


class TestWhoSees:
    def test_single_cases_are_published_first(
        self, reader: Client, phase: Phase, ranking: Ranking
    ) -> None:
        said = page(reader, phase)
        assert said.count("Scores of single cases are not published") == len(OF_CASES)
        assert "case 001" not in said
        assert "case 001" not in report(reader, ranking)
        statuses = {key: plot(reader, ranking, key).status_code for key in KEYS}
        assert statuses == {key: 404 if key in OF_CASES else 200 for key in KEYS}
        Phase.objects.filter(pk=phase.pk).update(publish_ranking=True)
        assert {plot(reader, ranking, key).status_code for key in KEYS} == {200}
        assert "Scores of single cases" not in page(reader, phase)

    def test_the_heat_map_names_no_case(self, reader: Client, ranking: Ranking) -> None:
        for key in set(KEYS) - set(OF_CASES):
            assert b"case 001" not in plot(reader, ranking, key).content

    def test_strangers_see_nothing(self, phase: Phase, ranking: Ranking) -> None:
        stranger = sign_in(Client(), UserFactory())
        for name, args in (
            ("ranking_plots", [phase.pk]),
            ("ranking_report", [ranking.pk]),
            ("ranking_plot", [ranking.pk, "ranks"]),
        ):
            assert stranger.get(reverse(f"challenges:{name}", args=args)).status_code == 404

    def test_no_such_plot_or_ranking(
        self, organizer: Client, phase: Phase, ranking: Ranking
    ) -> None:
        assert plot(organizer, ranking, "secret").status_code == 404
        address = reverse("challenges:ranking_report", args=[phase.pk])
        assert organizer.get(address).status_code == 404


class TestReport:
    def test_it_says_all(self, organizer: Client, ranking: Ranking) -> None:
        said = report(organizer, ranking)
        for name in NAMES[:3]:
            assert f'<th scope="row">{name}</th>' in said
        for text in (
            "Entries are ranked by the mean of “dice” over the cases",
            "4 of 4 entries ranked, by 12 cases",
            "mean of dice".capitalize(),
            "95 % interval",
            "Kendall&#x27;s tau (1 is the same order): “tests”",
            "python manage.py rank plan.json scores.csv",
            ranking.plan_sha256,
            ranking.scores_sha256,
            ranking.code_version,
            "The organizers declared no design.",
            "<li>1 algorithm has missing scores; the declared rule was applied.</li>",
            f"/challenges/rankings/{ranking.pk}/report/",
        ):
            assert text in said or text.replace("&#x27;", "'") in said, text

    def test_notes_of_other_schemes_are_left_out(self, organizer: Client, ranking: Ranking) -> None:
        assert report(organizer, ranking).count("algorithm has missing scores") == 1

    def test_a_later_ranking_changes_nothing(
        self, organizer: Client, phase: Phase, ranking: Ranking
    ) -> None:
        make_ranking(phase, {"New": [0.9, 0.9], "Newer": [0.8, 0.7]})
        assert "New" not in report(organizer, ranking).replace("Newest", "")
        assert "Newer" in page(organizer, phase)
