"""Everything of a challenge as files, for its organizers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.exports import TABLES, exported_table
from app.challenges.models import Challenge, Phase
from app.challenges.services import (
    add_question,
    announce,
    create_combined,
    declare_design,
    entrant_of,
    grant_submissions,
)
from app.requests.services import ask_for_access
from app.sockets.selectors import medical_image_socket
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import (
    SCHEMA,
    make_challenge,
    make_evaluation,
    make_phase,
    make_predictions_phase,
)
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[2] / "docs" / "challenge-exports.md"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def _sockets(db: None) -> None:
    medical_image_socket()


@pytest.fixture
def admin() -> User:
    return UserFactory()


@pytest.fixture
def phase(admin: User) -> Phase:
    """A phase of a challenge that has something in every table."""
    challenge = make_challenge(admin=admin)
    declare_design(actor=admin, challenge=challenge, document={"test_cases": 50})
    phase = make_phase(challenge, cases=2)
    results = [{"case": f"Case {n}", "metrics": {"dice": 0.5}} for n in (1, 2)]
    metrics = {"aggregates": {"dice": {"mean": 0.5, "std": None}}, "results": results}
    person = make_evaluation(phase, metrics=metrics).submission.creator
    make_team(challenge, UserFactory())
    grant_submissions(
        actor=admin, phase=phase, entrant=entrant_of(person, challenge), amount=2, reason=FORMULA
    )
    question = add_question(actor=admin, challenge=challenge, text="Where do you work?")
    given = {str(question.pk): FORMULA}
    ask_for_access(user=UserFactory(username="asker"), target=challenge, answers=given)
    announce(actor=admin, challenge=challenge, title="@all", text="Hello")
    last = make_phase(challenge, title="Final test")
    create_combined(actor=admin, challenge=challenge, title="All", weights={phase: 1, last: 2})
    return phase


def download(user: User, challenge: Challenge, filename: str) -> str:
    client = Client()
    sign_in(client, user)
    answer = client.get(reverse("challenges:export", args=[challenge.pk, filename]))
    assert answer.status_code == 200
    assert filename in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"
    return b"".join(answer.streaming_content).decode()  # type: ignore[arg-type]


def table(user: User, challenge: Challenge, name: str) -> list[dict[str, str]]:
    text = download(user, challenge, f"{name}.csv")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_one_file_holds_every_table(admin: User, phase: Phase) -> None:
    found: dict[str, Any] = json.loads(download(admin, phase.challenge, "everything.json"))
    assert found["format"] == "hounsfield-challenge/1"
    assert found["challenge"]["title"] == phase.challenge.title
    for name, kind in TABLES.items():
        for row in found[name]:
            assert list(row) == list(kind.columns), name
    counts = {name: len(found[name]) for name in TABLES}
    assert counts == {
        "phases": 2,
        "combined_leaderboards": 2,
        "participants": 3,
        "teams": 1,
        "team_members": 1,
        "submissions": 1,
        "evaluations": 1,
        "metrics": 2,
        "cases": 2,
        "case_scores": 2,
        "grants": 1,
        "announcements": 1,
        "design": 1,
        "registration_answers": 1,
    }
    assert found["evaluations"][0]["score"] == 0.5
    assert {row["path"]: row["value"] for row in found["metrics"]} == {
        "aggregates.dice.mean": 0.5,
        "aggregates.dice.std": None,
    }
    assert [(row["number"], row["metric"], row["value"]) for row in found["case_scores"]] == [
        (1, "dice", 0.5),
        (2, "dice", 0.5),
    ]
    (answer,) = found["registration_answers"]
    assert (answer["username"], answer["state"]) == ("asker", "PENDING")
    assert (answer["question"], answer["answer"]) == ("Where do you work?", FORMULA)


def test_phases_say_what_they_take_and_how_much_of_it(admin: User) -> None:
    challenge = make_challenge(admin=admin)
    make_predictions_phase(
        challenge,
        predictions_form="CSV",
        limit_successful=3,
        limit_successful_days=7,
        limit_attempted=None,
        limit_under_way=2,
    )
    (row,) = json.loads(download(admin, challenge, "phases.json"))
    limits = {name: value for name, value in row.items() if name.startswith("limit_")}
    assert limits == {
        "limit_successful": 3,
        "limit_successful_days": 7,
        "limit_attempted": None,
        "limit_attempted_days": None,
        "limit_under_way": 2,
    }
    assert (row["kind"], row["predictions_form"]) == ("PREDICTIONS", "CSV")
    assert (row["predictions_schema"], row["predictions_max_mb"]) == (SCHEMA, 10)
    (cells,) = table(admin, challenge, "phases")
    assert (cells["limit_successful"], cells["limit_attempted"]) == ("3", "")


@pytest.mark.parametrize("name", TABLES)
def test_each_table_alone_says_the_same_in_both_formats(
    admin: User, phase: Phase, name: str
) -> None:
    rows = table(admin, phase.challenge, name)
    plain = json.loads(download(admin, phase.challenge, f"{name}.json"))
    assert len(rows) == len(plain)
    for row in rows:
        assert list(row) == list(TABLES[name].columns)


def test_no_cell_is_run_as_a_formula(admin: User, phase: Phase) -> None:
    assert table(admin, phase.challenge, "grants")[0]["reason"] == f"'{FORMULA}"
    assert table(admin, phase.challenge, "announcements")[0]["title"] == "'@all"
    plain = json.loads(download(admin, phase.challenge, "grants.json"))
    assert plain[0]["reason"] == FORMULA, "JSON is no spreadsheet"


def test_nothing_of_other_challenges_and_no_addresses(admin: User, phase: Phase) -> None:
    other = make_evaluation(make_phase(), score=0.9).submission
    text = download(admin, phase.challenge, "everything.json")
    assert str(other.pk) not in text
    assert other.creator.username not in text
    for person in User.objects.all():
        assert person.email not in text


def test_each_export_is_an_event(admin: User, phase: Phase) -> None:
    download(admin, phase.challenge, "teams.csv")
    event = Event.objects.filter(name="challenges.challenge.exported").get()
    assert event.actor_id == admin.pk
    assert event.data["what"] == "teams.csv"


@pytest.mark.parametrize("name", ["secrets.csv", "teams.xlsx", "everything.csv", "teams"])
def test_what_is_not_there_is_not_found(admin: User, phase: Phase, name: str) -> None:
    client = Client()
    sign_in(client, admin)
    address = reverse("challenges:export", args=[phase.challenge_id, name])
    assert client.get(address).status_code == 404
    assert not Event.objects.filter(name="challenges.challenge.exported").exists()


def test_only_organizers_export(phase: Phase) -> None:
    client = Client()
    sign_in(client, phase.submissions.get().creator)
    address = reverse("challenges:export", args=[phase.challenge_id, "everything.json"])
    assert client.get(address).status_code == 404


def test_a_table_takes_one_query_and_comes_in_pieces(phase: Phase) -> None:
    with CaptureQueriesContext(connection) as captured:
        pieces = list(exported_table(phase.challenge, "case_scores", ending="csv"))
    assert len(captured) == 1
    assert len(pieces) == 3, "a header and two rows"


def test_every_column_is_documented() -> None:
    text = DOCUMENT.read_text()
    for name, kind in TABLES.items():
        section = text.split(f"## `{name}`")[1].split("\n## ")[0]
        for column in kind.columns:
            assert f"`{column}`" in section, f"{name}.{column}"
