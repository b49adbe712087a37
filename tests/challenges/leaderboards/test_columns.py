"""Columns that organizers choose for the leaderboard: set, shown, taken along, and no leak."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.designs import declared_by
from app.challenges.leaderboards.columns import ColumnInvalid, documents_of, read_columns
from app.challenges.models import Phase
from app.challenges.services import clone_challenge
from tests.challenges.leaderboards.test_ranking_settings import SENT
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_evaluation, make_phase

LINES = "HD95 (mm); aggregates.hd95; lower; 1\nSensitivity; aggregates.sens.mean; higher"


def metrics(score: float, hd95: Any = ..., sens: Any = ...) -> dict[str, Any]:
    found: dict[str, Any] = {"dice": {"mean": score}}
    found |= {} if hd95 is ... else {"hd95": hd95}
    found |= {} if sens is ... else {"sens": {"mean": sens}}
    return {"aggregates": found}


class TestReading:
    def test_in_order_and_written_as_they_were(self) -> None:
        found = read_columns(f"\n{LINES}\n\n")
        assert [one.title for one in found] == ["HD95 (mm)", "Sensitivity"]
        assert (found[0].direction, found[0].decimals) == ("LOWER", 1)
        assert (found[1].direction, found[1].decimals) == ("HIGHER", None)
        assert "\n".join(one.line for one in found) == LINES

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("HD95", "Line 1: Write title; path"),
            ("; a.b; lower", "Line 1: Write title; path"),
            ("A; a; lower; 1; 2", "Line 1: Write title; path"),
            ("A; a..b; lower", "“a..b” is no path into metrics.json"),
            ("A; a b; lower", "is no path"),
            ("A; $; lower", "is no path"),
            (f"A; {'x' * 201}; lower", "is no path"),
            ("A; a; down", "Write higher or lower"),
            ("A; a; lower; 10", "from 0 to 9"),
            ("A; a; lower; -1", "from 0 to 9"),
            ("A; a; lower; ²", "from 0 to 9"),
            (f"{'x' * 61}; a; lower", "60 characters"),
            ("A; a; lower\na; b; lower", "Line 2: “a” is there already"),
            ("\n".join(f"{n}; a; lower" for n in range(9)), "There are 9 columns; 8 fit"),
        ],
    )
    def test_what_is_malformed_is_said(self, line: str, said: str) -> None:
        with pytest.raises(ColumnInvalid) as raised:
            read_columns(line)
        assert said in str(raised.value)


@pytest.fixture
def phase(user: User) -> Phase:
    found = make_phase(make_challenge(admin=user), limit_successful=9)
    columns = documents_of(read_columns(LINES))
    Phase.objects.filter(pk=found.pk).update(leaderboard_columns=columns)
    found.refresh_from_db()
    make_evaluation(found, metrics=metrics(0.9, 3.14159, 0.8765432))
    make_evaluation(found, metrics=metrics(0.5, "3", True))
    return found


def page_of(client: Client, phase: Phase) -> str:
    return client.get(reverse("challenges:phase", args=[phase.pk])).content.decode()


def participant(client: Client, phase: Phase) -> Client:
    someone = phase.submissions.all()[0].creator
    sign_in(client, someone)
    return client


def file_of(client: Client, phase: Phase, name: str) -> str:
    return client.get(
        reverse("challenges:leaderboard_file", args=[phase.pk, name])
    ).content.decode()


@pytest.mark.django_db
class TestShowing:
    def test_numbers_beside_the_score_and_a_dash_with_a_reason(
        self, client: Client, phase: Phase
    ) -> None:
        page = page_of(participant(client, phase), phase)
        assert page.index("HD95 (mm)") < page.index("Sensitivity")
        assert 'data-label="HD95 (mm)" class="num">3.1<' in page
        assert 'data-label="Sensitivity" class="num">0.8765<' in page
        assert page.count("This result has no number here.") == 2
        assert "lower is better" in page

    @pytest.mark.parametrize("hostile", [[1], {"a": 1}, None, "1"])
    def test_nothing_but_a_finite_number_counts(
        self, client: Client, phase: Phase, hostile: Any
    ) -> None:
        make_evaluation(phase, metrics=metrics(0.1, hostile))
        page = page_of(participant(client, phase), phase)
        assert page.count("This result has no number here.") == 4

    def test_a_place_of_a_list_is_no_key(self, client: Client, phase: Phase) -> None:
        columns = documents_of(read_columns("First; values.0; lower"))
        Phase.objects.filter(pk=phase.pk).update(leaderboard_columns=columns)
        make_evaluation(phase, metrics={**metrics(0.7), "values": [42]})
        make_evaluation(phase, metrics={**metrics(0.6), "values": {"0": 43}})
        page = page_of(participant(client, phase), phase)
        assert ("42.0000" in page, "43.0000" in page) == (False, True)

    def test_no_column_tells_more_decimals_than_scores(self, client: Client, phase: Phase) -> None:
        columns = documents_of(read_columns("The score; aggregates.sens.mean; higher; 7"))
        Phase.objects.filter(pk=phase.pk).update(leaderboard_columns=columns, score_decimals=2)
        client = participant(client, phase)
        read = {
            "page": page_of(client, phase),
            "csv": file_of(client, phase, "leaderboard.csv"),
            "json": file_of(client, phase, "leaderboard.json"),
            "api": client.get(reverse("api:phase-leaderboard", args=[phase.pk])).content.decode(),
        }
        assert [name for name, text in read.items() if "0.876" in text] == []
        assert [name for name, text in read.items() if "0.88" not in text] == []

    def test_a_title_is_text(self, client: Client, phase: Phase) -> None:
        columns = documents_of(read_columns("=<b>1; aggregates.hd95; lower"))
        Phase.objects.filter(pk=phase.pk).update(leaderboard_columns=columns)
        client = participant(client, phase)
        assert "=&lt;b&gt;1" in page_of(client, phase)
        assert "'=<b>1" in file_of(client, phase, "leaderboard.csv")


@pytest.mark.django_db
class TestTakingAlong:
    def test_the_files_say_what_the_page_does(self, client: Client, phase: Phase) -> None:
        client = participant(client, phase)
        text = file_of(client, phase, "leaderboard.csv").removeprefix("\ufeff")
        first, second = csv.DictReader(StringIO(text))
        assert (first["rank"], first["HD95 (mm)"], first["score"]) == ("1", "3.1", "0.9")
        assert (second["rank"], second["HD95 (mm)"], second["Sensitivity"]) == ("2", "", "")
        found = json.loads(file_of(client, phase, "leaderboard.json"))
        assert found["columns"][0] == {"title": "HD95 (mm)", "better": "LOWER"}
        assert [place["columns"] for place in found["places"]] == [[3.1, 0.8765432], [None, None]]
        assert Event.objects.filter(name="challenges.leaderboard.downloaded").count() == 2

    def test_organizers_read_all_digits(self, client: Client, phase: Phase, user: User) -> None:
        sign_in(client, user)
        found = json.loads(file_of(client, phase, "leaderboard.json"))
        assert found["places"][0]["columns"] == [3.14159, 0.8765432]
        rows = client.get(reverse("api:phase-leaderboard", args=[phase.pk])).json()["results"]
        assert rows[0]["columns"][0] == {"title": "HD95 (mm)", "value": 3.14159}

    def test_no_other_file_and_nobody_else(self, client: Client, phase: Phase, user: User) -> None:
        address = reverse("challenges:leaderboard_file", args=[phase.pk, "leaderboard.xml"])
        sign_in(client, user)
        assert client.get(address).status_code == 404
        phase.challenge.public = False
        phase.challenge.save()
        sign_in(client, UserFactory())
        address = reverse("challenges:leaderboard_file", args=[phase.pk, "leaderboard.csv"])
        assert client.get(address).status_code == 404


@pytest.mark.django_db
class TestSetting:
    def send(self, client: Client, phase: Phase, **given: str) -> str:
        address = reverse("challenges:edit_ranking", args=[phase.pk])
        return client.post(address, SENT | given, follow=True).content.decode()

    @pytest.fixture
    def draft(self, client: Client, user: User) -> Phase:
        sign_in(client, user)
        return make_phase(make_challenge(admin=user), opens_at=None)

    def test_saved_declared_and_shown_again(self, client: Client, draft: Phase) -> None:
        page = self.send(client, draft, leaderboard_columns=LINES)
        assert "The ranking is saved" in page
        assert "aggregates.hd95; lower; 1" in page
        draft.refresh_from_db()
        assert [one["title"] for one in draft.leaderboard_columns] == ["HD95 (mm)", "Sensitivity"]
        rules = declared_by(draft.challenge, draft).document["ranking_rules"]
        assert "“HD95 (mm)” (aggregates.hd95, lower is better, 1 decimal)" in rules

    def test_a_malformed_path_is_refused(self, client: Client, draft: Phase) -> None:
        page = self.send(client, draft, leaderboard_columns="HD95; a..b; lower")
        assert "Line 1: “a..b” is no path into metrics.json." in page
        draft.refresh_from_db()
        assert draft.leaderboard_columns == []

    def test_once_the_design_is_frozen_it_takes_a_reason(
        self, client: Client, phase: Phase, user: User
    ) -> None:
        sign_in(client, user)
        page = self.send(client, phase, leaderboard_columns="")
        assert "Say why it changes" in page
        phase.refresh_from_db()
        assert len(phase.leaderboard_columns) == 2
        self.send(client, phase, leaderboard_columns="", reason="Nobody reads them.")
        phase.refresh_from_db()
        assert phase.leaderboard_columns == []

    def test_clones_and_exports_have_them(self, client: Client, phase: Phase, user: User) -> None:
        actor = UserFactory(is_superuser=True)
        clone = clone_challenge(actor=actor, challenge=phase.challenge, title="Another")
        assert clone.phases.get().leaderboard_columns == phase.leaderboard_columns
        sign_in(client, user)
        exported = reverse("challenges:export", args=[phase.challenge_id, "phases.json"])
        (row,) = json.loads(b"".join(client.get(exported).streaming_content))  # type: ignore[attr-defined]
        assert row["leaderboard_columns"] == phase.leaderboard_columns
        shown = client.get(reverse("api:phase-detail", args=[phase.pk])).json()
        assert shown["leaderboard_columns"] == phase.leaderboard_columns
