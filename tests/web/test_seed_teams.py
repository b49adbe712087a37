"""Teams of seed files: made once, joined by whoever takes part, and clear when wrong."""

from pathlib import Path
from typing import Any

import pytest

from app.challenges.models import Team, TeamMember
from app.web.seeding import UnusableSeed
from tests.web.test_seed import follow, only_conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def document(*teams: dict[str, Any], **more: Any) -> dict[str, Any]:
    people = ("rosa", "ravi", "ada", "stranger")
    challenge = {
        "title": "Nodules",
        "owner": "rosa",
        "members": [{"user": name, "role": "PARTICIPANT"} for name in ("ravi", "ada")],
        "teams": list(teams),
    }
    return {
        "version": 1,
        "users": [{"username": name, "email": f"{name}@example.org"} for name in people],
        "challenges": [challenge | more],
    }


def test_a_team_is_there_once_and_grows(folder: Path) -> None:
    alone = document({"title": "Counters", "captain": "ravi"})
    assert not follow(folder, alone).conflicts
    assert {str(one.status) for one in follow(folder, alone).outcomes} == {"unchanged"}
    both = document({"title": "counters", "captain": "ravi", "members": ["ravi", "ada"]})
    result = follow(folder, both)
    made = [one.path for one in result.outcomes if str(one.status) == "created"]
    assert made == ["challenges[0].teams[0].members[1]"]
    team = Team.objects.get()
    assert (team.title, team.captain.username) == ("Counters", "ravi")
    assert {one.user.username for one in team.members.all()} == {"ravi", "ada"}
    assert not follow(folder, alone).conflicts
    assert TeamMember.objects.count() == 2, "nobody leaves"


@pytest.mark.parametrize(
    ("teams", "more", "place", "said"),
    [
        (
            [{"title": "A", "captain": "ravi", "members": ["stranger"]}],
            {},
            ".teams[0]",
            "Nobody of that name takes part",
        ),
        (
            [{"title": "A", "captain": "ravi", "members": ["nobody"]}],
            {},
            ".teams[0].members[0]",
            "“nobody” is not there",
        ),
        (
            [
                {"title": "A", "captain": "ravi"},
                {"title": "B", "captain": "ada", "members": ["ravi"]},
            ],
            {},
            ".teams[1].members[0]",
            "ravi is in the team “A” already.",
        ),
        (
            [{"title": "A", "captain": "ravi"}],
            {"team_size": 1},
            ".teams[0]",
            "Everybody takes part alone",
        ),
    ],
)
def test_a_team_that_cannot_be_takes_all_back(
    folder: Path, teams: list[dict[str, Any]], more: dict[str, Any], place: str, said: str
) -> None:
    conflict = only_conflict(follow(folder, document(*teams, **more)))
    assert conflict.path == f"challenges[0]{place}"
    assert said in conflict.detail
    assert not Team.objects.exists()


def test_another_captain_is_a_conflict(folder: Path) -> None:
    follow(folder, document({"title": "A", "captain": "ravi", "members": ["ada"]}))
    conflict = only_conflict(follow(folder, document({"title": "A", "captain": "ada"})))
    assert conflict.path == "challenges[0].teams[0].captain"


def test_a_captain_is_somebody(folder: Path) -> None:
    with pytest.raises(UnusableSeed, match=r"teams\[0\]\.captain: There is no user “nobody”"):
        follow(folder, document({"title": "A", "captain": "nobody"}))
