"""Organizers set how a phase ranks: the page, the design that says so, and what others read."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.designs import declared_by
from app.challenges.leaderboards import rankings
from app.challenges.leaderboards.rules import RankingSettings
from app.challenges.models import DesignVersion, Phase
from app.challenges.services import clone_challenge, set_ranking
from app.challenges.services.rankings import compute_wanted
from app.core.errors import Conflict, ValidationFailed
from tests.challenges.leaderboards.test_rankings import scored
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_phase

pytestmark = pytest.mark.django_db
OWN = {
    "version": 1,
    "metrics": {"dice": {"direction": "lower"}},
    "schemes": [{"name": "worst-first", "kind": "absolute", "metric": "dice"}],
}
SENT = {
    "base": "0",
    "direction": "HIGHER",
    "missing": "worst",
    "ties": "min",
    "scheme": "default",
    "counts": "BEST",
    "do": "save",
}


@pytest.fixture
def draft(user: User) -> Phase:
    return make_phase(make_challenge(admin=user), opens_at=None, cases=2)


@pytest.fixture
def phase(user: User) -> Phase:
    """An open phase with two results."""
    found = make_phase(make_challenge(admin=user), cases=2)
    scored(found, 0.9, 0.8, name="Anna")
    scored(found, 0.4, 0.5, name="Boris")
    compute_wanted(str(found.pk))
    found.refresh_from_db()
    return found


@pytest.fixture
def organizer(client: Client, user: User) -> Client:
    sign_in(client, user)
    return client


def settings(**given: Any) -> RankingSettings:
    values = {
        "ranking_plan": None,
        "counts": "BEST",
        "ladder_step": None,
        "score_decimals": None,
        "publish_ranking": False,
    }
    return RankingSettings(**(values | given))


def address(phase: Phase) -> str:
    return reverse("challenges:edit_ranking", args=[phase.pk])


def sent(client: Client, phase: Phase, **given: Any) -> str:
    """Send the form; return the page, which says what is wrong if it is the form again."""
    return client.post(address(phase), SENT | given, follow=True).content.decode()


class TestChoosing:
    @pytest.mark.parametrize(
        ("scheme", "words"),
        [
            ("mean", "ranked by the mean of “dice” over the cases"),
            ("median", "ranked by the median of “dice” over the cases"),
            ("ranks", "ranked by “dice” in each case; the mean of these ranks decides"),
            ("tests", "how many others they beat in “dice”"),
        ],
    )
    def test_a_scheme_is_a_plan_and_is_shown_as_it_was_chosen(
        self, organizer: Client, draft: Phase, scheme: str, words: str
    ) -> None:
        given = {
            "scheme": scheme,
            "metric": "dice",
            "direction": "HIGHER",
            "missing": "value",
            "missing_value": "0",
            "ties": "average",
        }
        page = sent(organizer, draft, **given)
        assert "The ranking is saved" in page
        assert words in page
        assert "A missing score counts as 0." in page
        assert "1.5, 1.5, 3" in page
        assert f'<option value="{scheme}" selected>' in page
        draft.refresh_from_db()
        assert declared_by(draft.challenge, draft).document["ranking_plan"] == draft.ranking_plan

    def test_an_own_plan_and_back_to_the_portals(self, organizer: Client, draft: Phase) -> None:
        page = sent(organizer, draft, scheme="own", ranking_plan=json.dumps(OWN))
        assert "scheme “worst-first”" in page
        assert '<option value="own" selected>' in page
        page = sent(organizer, draft, base="1")
        draft.refresh_from_db()
        assert draft.ranking_plan is None
        assert "ranking_plan" not in declared_by(draft.challenge, draft).document

    def test_in_words_before_it_is_saved(self, organizer: Client, draft: Phase) -> None:
        page = sent(organizer, draft, scheme="own", ranking_plan=json.dumps(OWN), do="preview")
        assert "Nothing is saved yet" in page
        assert "scheme “worst-first”" in page
        draft.refresh_from_db()
        assert draft.ranking_plan is None
        assert not DesignVersion.objects.exists()

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"scheme": "own"}, "Write the plan, or choose a scheme above."),
            ({"scheme": "own", "ranking_plan": "{"}, "The plan is not JSON"),
            (
                {"scheme": "own", "ranking_plan": json.dumps(OWN | {"ties": "maybe"})},
                "ties: &quot;maybe&quot; is not one of",
            ),
            ({"scheme": "own", "ranking_plan": '{"version": 1e999}'}, "metrics"),
            ({"scheme": "mean"}, "Name the metric"),
            ({"scheme": "mean", "metric": "d", "missing": "value"}, "what a missing score counts"),
            ({"scheme": "mean", "metric": "d\x00"}, "Null characters"),
            ({"scheme": "mean", "metric": "d", "ties": "max"}, "not one of the available"),
            ({"counts": "WORST"}, "not one of the available choices"),
            ({"ladder_step": "nan"}, "Enter a number"),
            ({"score_decimals": "10"}, "less than or equal to 9"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_changes(
        self, organizer: Client, draft: Phase, given: dict[str, str], said: str
    ) -> None:
        assert said in sent(organizer, draft, **given)
        assert not DesignVersion.objects.exists()

    def test_a_null_character_deep_in_a_plan(self, organizer: Client, draft: Phase) -> None:
        name = "a\x00b"
        plan = OWN | {"metrics": OWN["metrics"] | {name: {"direction": "lower"}}}  # type: ignore[operator]
        page = sent(organizer, draft, scheme="own", ranking_plan=json.dumps(plan))
        assert "NUL character" in page

    def test_before_there_are_scores_any_metric_is_taken_with_a_warning(
        self, organizer: Client, draft: Phase
    ) -> None:
        page = sent(organizer, draft, scheme="mean", metric="dise")
        assert "The ranking is saved" in page
        assert "Nothing to check it against yet" in page

    def test_a_plan_that_the_design_declares_stands_ready(
        self, organizer: Client, draft: Phase, user: User
    ) -> None:
        set_ranking(actor=user, phase=draft, settings=settings(ranking_plan=OWN))
        Phase.objects.filter(pk=draft.pk).update(ranking_plan=None)
        page = organizer.get(address(draft)).content.decode()
        assert "The design declares another plan" in page
        assert "worst-first" in page


class TestAfterTheOpening:
    def test_it_is_an_amendment_with_a_public_reason(
        self, organizer: Client, phase: Phase, user: User
    ) -> None:
        page = sent(organizer, phase, scheme="own", ranking_plan=json.dumps(OWN))
        assert "Say why it changes" in page
        phase.refresh_from_db()
        assert phase.ranking_plan is None
        why = "The plan had the <wrong> direction."
        page = sent(organizer, phase, scheme="own", ranking_plan=json.dumps(OWN), reason=why)
        assert "The ranking is saved" in page
        design = reverse("challenges:design", args=[phase.challenge_id])
        assert "The plan had the &lt;wrong&gt; direction." in organizer.get(design).content.decode()
        event = Event.objects.get(name="challenges.ranking.changed")
        assert event.actor_id == user.pk

    def test_words_and_an_unchanged_form_need_no_reason(
        self, organizer: Client, phase: Phase
    ) -> None:
        page = sent(organizer, phase, scheme="mean", metric="dice", do="preview")
        assert "Nothing is saved yet" in page
        assert "Say why it changes" not in page
        Phase.objects.filter(pk=phase.pk).update(ranking_problem="It failed.")
        assert "It failed." in sent(organizer, phase)
        phase.refresh_from_db()
        assert phase.ranking_wanted_at is not None, "saving it again tries anew"
        assert not DesignVersion.objects.exists()

    def test_it_is_ranked_anew(self, phase: Phase, user: User) -> None:
        set_ranking(actor=user, phase=phase, settings=settings(ranking_plan=OWN), reason="Because.")
        compute_wanted(str(phase.pk))
        newest = rankings.newest_ranking(phase)
        assert newest is not None
        assert newest.plan == OWN
        assert [row.name for row in newest.entries.all()] == ["Boris", "Anna"]

    def test_a_metric_that_no_result_has_is_refused(self, organizer: Client, phase: Phase) -> None:
        page = sent(organizer, phase, scheme="mean", metric="dise", reason="Because.")
        assert "No result has a score by “dise”. There are “aggregates.dice.mean”, “dice”." in page
        phase.refresh_from_db()
        assert phase.ranking_plan is None

    def test_what_is_shown_is_declared_too_and_ranks_nothing_anew(
        self, phase: Phase, user: User
    ) -> None:
        given = settings(score_decimals=2, publish_ranking=True)
        with pytest.raises(ValidationFailed):
            set_ranking(actor=user, phase=phase, settings=given)
        changed = set_ranking(actor=user, phase=phase, settings=given, reason="To be read.")
        assert changed.ranking_wanted_at is None
        rules = declared_by(phase.challenge, phase).document["ranking_rules"]
        assert "Scores are shown with 2 decimals." in rules
        assert "for everybody who sees the leaderboard" in rules

    def test_results_and_ladder_are_in_the_rules(self, phase: Phase, user: User) -> None:
        given = settings(counts="CHOSEN", ladder_step=0.01)
        set_ranking(actor=user, phase=phase, settings=given, reason="Against overfitting.")
        rules = declared_by(phase.challenge, phase).document["ranking_rules"]
        assert "the one that they choose counts" in rules
        assert "better by 0.01" in rules

    def test_the_same_again_changes_nothing(self, phase: Phase, user: User) -> None:
        set_ranking(actor=user, phase=phase, settings=settings())
        assert not DesignVersion.objects.exists()
        assert not Event.objects.filter(name="challenges.ranking.changed").exists()

    def test_nobody_overwrites_what_they_have_not_seen(self, phase: Phase, user: User) -> None:
        given = settings(counts="LATEST")
        set_ranking(actor=user, phase=phase, settings=given, reason="A.", base=0)
        with pytest.raises(Conflict):
            set_ranking(actor=user, phase=phase, settings=settings(), reason="B.", base=0)
        phase.refresh_from_db()
        assert phase.counts == "LATEST"


class TestBaselines:
    def mark(self, client: Client, phase: Phase, entrant: Any, **given: str) -> int:
        sent = {"entrant": str(entrant), **given}
        return client.post(reverse("challenges:mark_baseline", args=[phase.pk]), sent).status_code

    def test_marked_and_unmarked(self, organizer: Client, phase: Phase) -> None:
        page = organizer.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
        assert page.count("Mark as baseline") == 2
        entrant = phase.submissions.all()[0].competes_as
        assert self.mark(organizer, phase, entrant.pk, baseline="on") == 302
        page = organizer.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
        assert page.count(">baseline<") == 1
        assert page.count("Not a baseline") == 1
        assert Event.objects.filter(name="challenges.entrant.changed").count() == 1
        assert self.mark(organizer, phase, entrant.pk) == 302
        entrant.refresh_from_db()
        assert not entrant.baseline

    @pytest.mark.parametrize("given", ["", "x", "0" * 32])
    def test_nobody_is_nobody(self, organizer: Client, phase: Phase, given: str) -> None:
        assert self.mark(organizer, phase, given, baseline="on") == 404

    def test_of_another_challenge(self, organizer: Client, phase: Phase) -> None:
        other = make_phase(cases=2)
        entrant = scored(other, 0.1, 0.2).competes_as
        assert self.mark(organizer, phase, entrant.pk, baseline="on") == 404
        entrant.refresh_from_db()
        assert not entrant.baseline

    def test_participants_neither_mark_nor_see_the_button(
        self, client: Client, phase: Phase
    ) -> None:
        someone = phase.submissions.all()[0]
        sign_in(client, someone.creator)
        assert self.mark(client, phase, someone.competes_as_id, baseline="on") == 404
        page = client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
        assert "Mark as baseline" not in page


class TestElsewhere:
    def test_clones_rank_alike(self, draft: Phase) -> None:
        given = settings(ranking_plan=OWN, counts="LATEST", ladder_step=0.5, score_decimals=3)
        actor = UserFactory(is_superuser=True)
        set_ranking(actor=actor, phase=draft, settings=given)
        clone = clone_challenge(actor=actor, challenge=draft.challenge, title="Another")
        assert not given.changed(clone.phases.get())
        assert declared_by(clone, clone.phases.get()).document["ranking_plan"] == OWN

    def test_read_by_api_and_in_exports(self, organizer: Client, draft: Phase, user: User) -> None:
        given = settings(ranking_plan=OWN, counts="LATEST", publish_ranking=True)
        set_ranking(actor=user, phase=draft, settings=given)
        found = organizer.get(reverse("api:phase-detail", args=[draft.pk])).json()
        assert found["ranking_plan"] == OWN
        assert (found["counts"], found["publish_ranking"]) == ("LATEST", True)
        assert (found["ladder_step"], found["score_decimals"]) == (None, None)
        exported = reverse("challenges:export", args=[draft.challenge_id, "phases.json"])
        (row,) = json.loads(b"".join(organizer.get(exported).streaming_content))  # type: ignore[attr-defined]
        assert row["ranking_plan"] == OWN
        assert row["result_that_counts"] == "LATEST"
