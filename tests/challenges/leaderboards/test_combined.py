"""Leaderboards over several phases: no more than the phases show, made, shown, taken along."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.leaderboards.combined import places_of
from app.challenges.models import Challenge, CombinedBoard, Evaluation, Phase, Submission
from app.challenges.services import clone_challenge, create_combined
from app.challenges.services.leaderboard import rerank
from app.core.errors import ValidationFailed
from app.core.states import transition
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_evaluation, make_phase

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def people() -> list[Any]:
    return [UserFactory(first_name=name, last_name="Doe") for name in ("Anna", "Boris", "Cleo")]


@pytest.fixture
def challenge(user: User, people: list[Any]) -> Challenge:
    return make_challenge(admin=user, participants=people)


@pytest.fixture
def phases(challenge: Challenge) -> list[Phase]:
    return [make_phase(challenge, title=title, limit_successful=9) for title in ("Liver", "Kidney")]


def make_board(phases: list[Phase], *, weights: tuple[float, ...] = (1, 1), **fields: Any) -> Any:
    challenge = phases[0].challenge
    actor = challenge.memberships.get(role="ADMIN").user
    given = dict(zip(phases, weights, strict=True))
    values = {"title": "Over all", **fields}
    return create_combined(actor=actor, challenge=challenge, weights=given, **values)


def score(phase: Phase, people: list[Any], *scores: float | None) -> list[Evaluation]:
    pairs = zip(people, scores, strict=False)
    return [make_evaluation(phase, creator=who, score=n) for who, n in pairs if n is not None]


def told(client: Client, board: CombinedBoard) -> dict[str, Any]:
    address = reverse("challenges:combined_file", args=[board.pk, "combined.json"])
    found: dict[str, Any] = client.get(address).json()
    return found


def page_of(client: Client, board: CombinedBoard) -> str:
    return client.get(reverse("challenges:combined", args=[board.pk])).content.decode()


class TestWhatThePhasesHide:
    @pytest.mark.parametrize("organizes", [True, False])
    def test_no_rank_that_a_frozen_leaderboard_holds_back(
        self, client: Client, phases: list[Phase], people: list[Any], user: User, organizes: bool
    ) -> None:
        liver, kidney = phases
        score(liver, people, 0.9, 0.5)
        score(kidney, people, 0.5, 0.4)
        now = timezone.now()
        times = {"opens_at": now - HOUR, "frozen_at": now, "closes_at": now + HOUR}
        Phase.objects.filter(pk=kidney.pk).update(**times)
        score(kidney, people, None, 0.99, 0.7)
        board = make_board(phases)
        sign_in(client, user if organizes else people[2])
        found = told(client, board)
        assert [(one["rank"], one["ranks"]) for one in found["places"]] == [
            (1, [1.0, 1.0]),
            (2, [2.0, 2.0]),
        ]
        assert page_of(client, board).count("data-rank=") == 2
        for number, phase in enumerate(phases):
            address = reverse("challenges:leaderboard_file", args=[phase.pk, "leaderboard.json"])
            own = {one["entrant"]: one["rank"] for one in client.get(address).json()["places"]}
            assert own == {one["entrant"]: one["ranks"][number] for one in found["places"]}
        Phase.objects.filter(pk=kidney.pk).update(closes_at=timezone.now())
        rerank(kidney)
        assert page_of(client, board).count("data-rank=") == 3

    def test_who_withdraws_is_gone_at_once(
        self, client: Client, phases: list[Phase], people: list[Any], user: User
    ) -> None:
        first = score(phases[0], people, 0.9, 0.5)[0]
        score(phases[1], people, None, 0.5)
        board = make_board(phases)
        sign_in(client, user)
        assert "Anna" in page_of(client, board)
        transition(first.submission, Submission.State.WITHDRAWN)
        assert "Anna" not in page_of(client, board)

    def test_scores_are_combined_as_they_are_shown(
        self, client: Client, phases: list[Phase], people: list[Any]
    ) -> None:
        for phase in phases:
            score(phase, people, 0.8765432)
            Phase.objects.filter(pk=phase.pk).update(score_decimals=2)
        board = make_board(phases, rule="SCORES", missing="OUT")
        sign_in(client, people[0])
        assert told(client, board)["places"][0]["value"] == 0.88

    def test_nobody_sees_it_who_does_not_see_the_challenge(
        self, client: Client, phases: list[Phase]
    ) -> None:
        board = make_board(phases)
        sign_in(client, UserFactory())
        for name, args in (("combined", []), ("combined_file", ["combined.csv"])):
            address = reverse(f"challenges:{name}", args=[board.pk, *args])
            assert client.get(address).status_code == 404
        assert client.get(reverse("api:combined-leaderboard-list")).json()["results"] == []


class TestPlaces:
    def test_by_the_mean_of_ranks_with_the_worst_rank_for_who_is_missing(
        self, client: Client, phases: list[Phase], people: list[Any], user: User
    ) -> None:
        score(phases[0], people, 0.9, 0.5, 0.7)
        score(phases[1], people, None, 0.9, 0.5)
        board = make_board(phases)
        sign_in(client, user)
        found = {one["entrant"]: one for one in told(client, board)["places"]}
        assert {name: (one["value"], one["rank"]) for name, one in found.items()} == {
            "Anna Doe": (2.0, 1),
            "Boris Doe": (2.0, 1),
            "Cleo Doe": (2.0, 1),
        }
        assert found["Anna Doe"]["ranks"] == [1.0, None]
        page = page_of(client, board)
        assert "not ranked in this phase" in page
        assert "gets the worst rank there, plus 1" in page
        assert "Liver × 1, Kidney × 1" in page

    def test_weights_decide(self, phases: list[Phase], people: list[Any]) -> None:
        score(phases[0], people, 0.9, 0.5)
        score(phases[1], people, 0.5, 0.9)
        found = places_of(make_board(phases, weights=(1, 3)))
        assert [one.value for one in found.ranked] == [1.25, 1.75]
        assert found.ranked[0].entrant.display_name == "Boris Doe"

    def test_who_is_left_out_stands_below_with_the_reason(
        self, client: Client, phases: list[Phase], people: list[Any], user: User
    ) -> None:
        score(phases[0], people, 0.9, 0.5)
        score(phases[1], people, None, 0.9)
        board = make_board(phases, missing="OUT")
        sign_in(client, user)
        page = page_of(client, board)
        assert page.count("data-rank=") == 1
        assert "Not ranked in Kidney." in page

    def test_an_empty_one_says_what_comes(
        self, client: Client, phases: list[Phase], user: User
    ) -> None:
        sign_in(client, user)
        assert "Nobody has a combined rank yet" in page_of(client, make_board(phases))

    def test_directions_that_differ_later(
        self, client: Client, phases: list[Phase], people: list[Any], user: User
    ) -> None:
        score(phases[0], people, 0.9)
        board = make_board(phases, rule="SCORES", missing="OUT")
        Phase.objects.filter(pk=phases[1].pk).update(direction="LOWER")
        sign_in(client, user)
        assert "In some of the phases higher scores are better now" in page_of(client, board)

    def test_two_queries_however_many_entrants(
        self, phases: list[Phase], people: list[Any], django_assert_num_queries: Any
    ) -> None:
        for phase in phases:
            score(phase, people, 0.9, 0.5, 0.7)
        board = make_board(phases)
        with django_assert_num_queries(2):
            assert [one.entrant.display_name for one in places_of(board).ranked]


class TestTakingAlong:
    def test_csv_and_api(self, client: Client, phases: list[Phase], people: list[Any]) -> None:
        for phase in phases:
            score(phase, people, 0.9, 0.5)
        board = make_board(phases)
        sign_in(client, people[0])
        address = reverse("challenges:combined_file", args=[board.pk, "combined.csv"])
        text = client.get(address).content.decode().removeprefix("\ufeff")
        first, second = csv.DictReader(StringIO(text))
        assert (first["entrant"], first["rank"], first["rank in Liver"]) == ("Anna Doe", "1", "1.0")
        assert second["rank"] == "2"
        api = client.get(reverse("api:combined-leaderboard-detail", args=[board.pk])).json()
        assert api == told(client, board)
        listed = client.get(
            reverse("api:combined-leaderboard-list"), {"challenge": str(board.challenge_id)}
        ).json()["results"]
        assert [one["title"] for one in listed] == ["Over all"]
        events = Event.objects.filter(name="challenges.leaderboard.downloaded")
        assert events.count() == 2
        assert (
            client.get(reverse("challenges:combined_file", args=[board.pk, "x.csv"])).status_code
            == 404
        )

    def test_clones_and_exports_have_it(
        self, client: Client, phases: list[Phase], user: User
    ) -> None:
        board = make_board(phases, weights=(2, 1))
        actor: Any = UserFactory(is_superuser=True)
        clone = clone_challenge(actor=actor, challenge=board.challenge, title="Another")
        copy = clone.combined_boards.get()
        found = copy.parts.values_list("phase__title", "phase__challenge", "weight")
        assert list(found) == [("Liver", clone.pk, 2.0), ("Kidney", clone.pk, 1.0)]
        sign_in(client, user)
        name = "combined_leaderboards.json"
        exported: Any = client.get(reverse("challenges:export", args=[board.challenge_id, name]))
        rows = json.loads(b"".join(exported.streaming_content))
        assert [(row["title"], row["weight"]) for row in rows] == [("Over all", 2), ("Over all", 1)]


class TestMaking:
    def send(self, client: Client, address: str, phases: list[Phase], **given: Any) -> str:
        weights = {f"weight_{phase.pk.hex}": "1" for phase in phases}
        sent = {"title": "Over all", "rule": "RANKS", "missing": "WORST", **weights, **given}
        return client.post(address, sent, follow=True).content.decode()

    def test_made_changed_and_deleted(
        self, client: Client, challenge: Challenge, phases: list[Phase], user: User
    ) -> None:
        sign_in(client, user)
        new = reverse("challenges:create_combined", args=[challenge.pk])
        assert "The combined leaderboard is there." in self.send(client, new, phases)
        board = challenge.combined_boards.get()
        detail = reverse("challenges:detail", args=[challenge.pk])
        assert (
            reverse("challenges:combined", args=[board.pk]) in client.get(detail).content.decode()
        )
        edit = reverse("challenges:edit_combined", args=[board.pk])
        given = {f"weight_{phases[0].pk.hex}": "2.5", "title": "All organs"}
        assert "Liver × 2.5" in self.send(client, edit, phases, **given)
        assert 'value="2.5"' in client.get(edit).content.decode()
        client.post(reverse("challenges:delete_combined", args=[board.pk]))
        assert not challenge.combined_boards.exists()
        assert challenge.phases.count() == 2
        names = Event.objects.filter(name__startswith="challenges.combined.")
        assert sorted(names.values_list("name", flat=True)) == [
            "challenges.combined.changed",
            "challenges.combined.created",
            "challenges.combined.deleted",
            "challenges.combined.weighed",
        ]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"title": ""}, "This field is required"),
            ({"rule": "MEDIAN"}, "not one of the available choices"),
            ({"rule": "SCORES"}, "There is no worst rank among scores"),
            ({"0": ""}, "Give at least two phases a weight."),
            ({"0": "0"}, "greater than or equal to"),
            ({"0": "nan"}, "Enter a number"),
            ({"0": "1e9"}, "less than or equal to"),
        ],
    )
    def test_what_is_wrong_is_said(
        self,
        client: Client,
        challenge: Challenge,
        phases: list[Phase],
        user: User,
        given: dict[str, str],
        said: str,
    ) -> None:
        sign_in(client, user)
        new = reverse("challenges:create_combined", args=[challenge.pk])
        named = {f"weight_{phases[0].pk.hex}" if key == "0" else key: v for key, v in given.items()}
        assert said in self.send(client, new, phases, **named)
        assert not challenge.combined_boards.exists()

    def test_scores_of_unlike_directions_and_a_second_title(self, phases: list[Phase]) -> None:
        make_board(phases)
        with pytest.raises(ValidationFailed) as raised:
            make_board(phases)
        assert "title" in raised.value.fields
        phases[1].direction = "LOWER"
        with pytest.raises(ValidationFailed) as raised:
            make_board(phases, title="Another", rule="SCORES", missing="OUT")
        assert "rule" in raised.value.fields

    def test_a_phase_of_another_challenge(self, phases: list[Phase]) -> None:
        with pytest.raises(ValidationFailed):
            make_board([phases[0], make_phase()])
