"""Seed files: the documented example really runs, twice; hostile ones change nothing."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.test import Client

from algorithms.models import Algorithm, AlgorithmVersion
from app.accounts.models import Token, User
from app.audit.models import Event
from app.challenges.models import DesignVersion, Submission
from app.images.models import Image
from app.people.models import Organization
from app.requests.services import reject_request
from app.sockets.models import Socket, SocketValue
from app.uploads.models import UserUpload
from app.web.seeding import Outcome, Result, UnusableSeed, json_schema, seed
from archives.models import Archive, ArchiveItem
from reader_studies.models import Answer, Question, QuestionOption
from tests.factories.containers import shell_image
from tests.factories.images import metaimage_bytes

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs"
TOKEN = "00112233445566778899aabbccddeeff00112233"
IMAGE = "7c9a4f0e-0000-4000-8000-000000000001"


def example() -> dict[str, Any]:
    [block] = re.findall(r"```json\n(.*?)```", (DOCS / "seed.md").read_text(), re.S)
    found: dict[str, Any] = json.loads(block)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "seed"
    place.mkdir()
    (place / "ct.mha").write_bytes(metaimage_bytes())
    (place / "report.pdf").write_bytes(b"%PDF-1.7\nreport\n%%EOF\n")
    shell_image("true").write(place / "nodules.tar")
    shell_image("true # scores").write(place / "dice.tar")
    shell_image("true # scores files").write(place / "auc.tar")
    (place / "mine.json").write_text('[{"case": "first", "probability": 0.8}]')
    with tarfile.open(place / "truth.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("cases.json"), io.BytesIO())
    return place


def only_conflict(result: Result) -> Outcome:
    assert len(result.conflicts) == 1, [(one.path, one.detail) for one in result.conflicts]
    return result.conflicts[0]


def follow(folder: Path, document: Any, *, dry_run: bool = False) -> Result:
    path = folder / "seed.json"
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text)
    return seed(path, dry_run=dry_run)


def refusal(folder: Path, document: Any) -> str:
    with pytest.raises(UnusableSeed) as caught:
        follow(folder, document)
    assert not User.objects.exists()
    assert not Event.objects.exists()
    return str(caught.value)


def minimal(**more: Any) -> dict[str, Any]:
    return {"version": 1, "users": [{"username": "rosa", "email": "r@example.org"}], **more}


def test_the_documented_example(folder: Path, client: Client) -> None:
    result = follow(folder, example())
    assert not result.conflicts, result.conflicts
    assert result.counts["created"] == len(result.outcomes)
    assert User.objects.get(pk=4000).username == "ravi"
    assert Socket.objects.get(pk=500).default_value == 50
    assert SocketValue.objects.get(pk=700).value == 61
    assert QuestionOption.objects.get(pk=900).title == "Good"
    assert Image.objects.get(pk=IMAGE).name == "Chest"
    assert Answer.objects.filter(value=900).exists()
    assert AlgorithmVersion.objects.get().is_ready
    assert [one.state for one in Submission.objects.all()] == [Submission.State.ACCEPTED] * 2
    assert not User.objects.get(username="ravi").has_usable_password()
    rosa = User.objects.get(username="rosa")
    assert (rosa.department, rosa.country.code, rosa.is_verified) == ("Radiology", "NL", True)
    hospital = Organization.objects.get(slug="example-hospital")
    roles = hospital.memberships.values_list("user__username", "role")
    assert set(roles) == {("rosa", "EDITOR"), ("ravi", "MEMBER")}
    finder = Algorithm.objects.get()
    assert (finder.listed, finder.access_mode) == (True, "MANUAL")
    request = finder.access_requests.get()
    assert (request.user.username, request.state) == ("ravi", "PENDING")
    assert client.login(username="rosa", password="correct horse")
    for name in ("archives.archive.created", "challenges.submission.received"):
        assert Event.objects.filter(name=name).exists()
    later = User.objects.create_user("later", "later@example.org", "x")
    assert later.pk > 4000, "automatic keys go on behind the given ones"


@pytest.mark.parametrize("model", [User, Socket, SocketValue, QuestionOption])
def test_an_automatic_key_never_takes_one_that_the_file_gives(
    folder: Path, model: type[Model]
) -> None:
    given = {User: 4000, Socket: 500, SocketValue: 700, QuestionOption: 900}[model]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        cursor.execute("SELECT setval(%s, %s)", [cursor.fetchone()[0], given - 1])
    result = follow(folder, example())
    assert not result.conflicts, result.conflicts
    assert model._default_manager.filter(pk=given).exists()


def test_a_second_run_changes_nothing(folder: Path) -> None:
    follow(folder, example())
    before = Event.objects.count()
    again = follow(folder, example())
    assert {str(o.status) for o in again.outcomes} == {"unchanged"}, again.outcomes
    assert Event.objects.count() == before


def test_a_token_opens_the_api(folder: Path, client: Client) -> None:
    follow(folder, example())
    headers = {"Authorization": f"BEARER {TOKEN}"}
    answer = client.get("/api/v1/archives/", headers=headers)
    assert [one["title"] for one in answer.json()["results"]] == ["Cases"]


def test_what_may_change_is_updated(folder: Path) -> None:
    follow(folder, example())
    document = example()
    document["users"][0]["first_name"] = "Rose"
    document["users"][0]["country"] = "BE"
    document["organizations"][0]["country"] = "BE"
    document["archives"][0] |= {"title": "Better cases", "listed": True, "access_mode": "CLOSED"}
    document["reader_studies"][0]["answers"][0]["answer"] = False
    document["challenges"][0]["phases"][0]["limit_successful"] = 3
    result = follow(folder, document)
    assert not result.conflicts, result.conflicts
    assert {o.path: o.detail for o in result.outcomes if o.detail} == {
        "users[0]": "first_name, country",
        "organizations[0]": "country",
        "archives[0]": "title, listed, access_mode",
        "reader_studies[0].answers[0]": "answer",
        "challenges[0].phases[0]": "limit_successful",
    }
    assert Archive.objects.get().slug == "cases"


def test_a_design_is_declared_before_anybody_submits_and_is_frozen_then(folder: Path) -> None:
    follow(folder, example())
    declared = DesignVersion.objects.get()
    assert (declared.document["test_cases"], declared.amendment) == (1, False)
    document = example()
    document["challenges"][0]["design"]["test_cases"] = 2
    conflict = only_conflict(follow(folder, document))
    assert (conflict.path, "frozen" in conflict.detail) == ("challenges[0]", True)
    assert DesignVersion.objects.get() == declared


def test_hidden_cases_are_no_sample(folder: Path) -> None:
    document = example()
    document["challenges"][0]["phases"][0]["sample"] = "cases"
    conflict = only_conflict(follow(folder, document))
    assert "holds hidden test cases" in conflict.detail
    document["challenges"][0]["phases"][0]["sample"] = "nowhere"
    assert "challenges[0].phases[0].sample: There is no archive" in refusal(folder, document)


def test_a_case_changes_but_what_readers_saw_stays(folder: Path) -> None:
    document = example()
    document["reader_studies"] = []
    follow(folder, document)
    document["archives"][0]["items"][0]["values"]["age"] = {"value": 62}
    [changed] = [o for o in follow(folder, document).outcomes if str(o.status) == "updated"]
    assert (changed.path, changed.detail) == ("archives[0].items[0]", "age")


def test_what_never_changes_is_a_conflict_and_takes_all_back(folder: Path) -> None:
    follow(folder, example())
    document = example()
    document["users"][0]["first_name"] = "Rose"
    document["tokens"][0]["access"] = "READ"
    document["sockets"][0]["kind"] = "Float"
    document["reader_studies"][0]["questions"][0]["kind"] = "TEXT"
    result = follow(folder, document)
    paths = [conflict.path for conflict in result.conflicts]
    assert paths[:3] == [
        "tokens[0].access",
        "sockets[0].kind",
        "reader_studies[0].questions[0].kind",
    ]
    assert User.objects.get(username="rosa").first_name == "Rosa"


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_rehearsal_leaves_nothing(folder: Path, media: Path) -> None:
    result = follow(folder, example(), dry_run=True)
    assert result.counts["created"]
    assert not result.conflicts
    assert not User.objects.exists()
    assert not UserUpload.objects.exists()
    assert stored(media) == []


def test_a_bad_file_in_the_middle_leaves_nothing(folder: Path, media: Path) -> None:
    (folder / "nodules.tar").write_bytes(b"no container")
    result = follow(folder, example())
    assert result.conflicts[0].path == "algorithms[0].versions[0].container"
    assert not User.objects.exists()
    assert not Archive.objects.exists()
    assert stored(media) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "nested"),
        ('{"version": 1, "version": 1}', "“version” is given twice"),
        ('{"version": NaN}', "NaN"),
        ('{"version": 2}', "version:"),
        ('{"version": 1, "peple": []}', "peple:"),
        ('{"version": 1, "users": {}}', "users:"),
        ('{"version": 1, "users": [{"username": 7, "email": "a@b"}]}', "users[0].username:"),
        (
            '{"version": 1, "users": [{"username": "a\\u0000", "email": "a@b"}]}',
            "users[0].username",
        ),
        ('{"version": 1, "users": [{"username": "a", "email": "a@b", "pk": 1e400}]}', "too large"),
    ],
)
def test_files_that_are_no_seed(folder: Path, text: str, said: str) -> None:
    assert said in refusal(folder, text)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tokens": [{"user": "x", "name": "n", "plain": "0" * 40}]}, "tokens[0].user: There is"),
        ({"tokens": [{"user": "rosa", "name": "n", "plain": "xyz"}]}, "tokens[0].plain:"),
        (
            {"organizations": [{"title": "A", "owner": "rosa", "country": "Spain"}]},
            "organizations[0].country:",
        ),
        (
            {"organizations": [{"title": "A", "owner": "rosa", "website": "javascript:x"}]},
            "organizations[0].website:",
        ),
        (
            {"sockets": [{"title": "A", "pk": 2**63, "kind": "Integer", "relative_path": "a"}]},
            "sockets[0].pk:",
        ),
        ({"sockets": [{"title": "A", "kind": "No", "relative_path": "a"}]}, "sockets[0].kind:"),
        ({"sockets": [{"title": "A", "kind": "Image", "relative_path": "../a"}]}, "relative_path:"),
        (
            {"archives": [{"title": "A", "owner": "rosa"}, {"title": "A", "owner": "rosa"}]},
            "archives[1]: Another archive of this file is called “a”.",
        ),
        (
            {
                "archives": [
                    {
                        "title": "A",
                        "owner": "rosa",
                        "items": [{"title": "B", "values": {"medical-image": {"value": 3}}}],
                    }
                ]
            },
            "archives[0].items[0].values.medical-image: “medical-image” takes image or files",
        ),
    ],
)
def test_entries_that_cannot_be(folder: Path, more: dict[str, Any], said: str) -> None:
    assert said in refusal(folder, minimal(**more))


def test_paths_stay_in_the_folder(folder: Path) -> None:
    outside = folder.parent / "secret.mha"
    outside.write_bytes(b"secret")
    (folder / "link.mha").symlink_to(outside)
    (folder / "linked").symlink_to(folder.parent)
    for name in ("../secret.mha", str(outside), "link.mha", "linked/secret.mha", "none", "x" * 900):
        image = {"id": "i", "owner": "rosa", "files": [name]}
        assert "images[0].files: " in refusal(folder, minimal(images=[image]))


def test_who_was_rejected_does_not_ask_again(folder: Path) -> None:
    follow(folder, example())
    request = Algorithm.objects.get().access_requests.get()
    reject_request(actor=User.objects.get(username="rosa"), request=request)
    assert {str(o.status) for o in follow(folder, example()).outcomes} == {"unchanged"}
    assert Algorithm.objects.get().access_requests.count() == 1


def test_a_request_that_cannot_be_is_a_conflict_at_its_place(folder: Path) -> None:
    document = example()
    document["algorithms"][0]["access_mode"] = "CLOSED"
    document["archives"][0]["requests"] = [{"user": "ravi", "role": "EDITOR"}]
    paths = [conflict.path for conflict in follow(folder, document).conflicts]
    assert paths == ["archives[0].requests[0]", "algorithms[0].requests[0]"]
    assert not User.objects.exists()


def test_a_key_that_is_taken(folder: Path) -> None:
    follow(folder, minimal())
    document = minimal()
    document["users"][0]["pk"] = User.objects.get().pk + 5
    conflict = only_conflict(follow(folder, document))
    assert conflict.path == "users[0].pk"


def test_the_command_reports(folder: Path, settings: LazySettings) -> None:
    path = folder / "seed.json"
    path.write_text(json.dumps(minimal()))
    out = io.StringIO()
    call_command("seed", file=path, json=True, stdout=out)
    assert json.loads(out.getvalue())["counts"]["created"] == 1
    out = io.StringIO()
    call_command("seed", file=path, stdout=out)
    assert "unchanged  user rosa" in out.getvalue()
    assert "Nothing to do" in out.getvalue()
    path.write_text("{}")
    with pytest.raises(CommandError, match="version: Field required") as caught:
        call_command("seed", file=path)
    assert caught.value.returncode == 1


def test_the_committed_schema_is_that_of_the_code() -> None:
    committed = json.loads((DOCS / "seed.schema.json").read_text())
    assert committed == json_schema(), "run: manage.py seed --schema > docs/seed.schema.json"


def test_the_test_bed_for_clients(client: Client) -> None:
    path = DOCS / "examples" / "gcapi-testbed.json"
    assert not seed(path).conflicts
    again = seed(path)
    assert {str(outcome.status) for outcome in again.outcomes} == {"unchanged"}
    for token in json.loads(path.read_text())["tokens"]:
        headers = {"Authorization": f"Bearer {token['plain']}"}
        answer = client.get("/api/v1/components/interfaces/?limit=100", headers=headers)
        kinds = {one["slug"]: one for one in answer.json()["results"]}
    assert kinds["generic-medical-image"]["relative_path"] == ""
    assert kinds["a-file-socket"]["super_kind"] == "File"
    assert Token.objects.count() == 4


def test_every_kind_of_question_can_be_seeded(folder: Path) -> None:
    follow(folder, example())
    kinds = {"TEXT", "NUMB", "CHOI", "MCHO", "BOOL", "HEAD", "MDIS"}
    assert set(Question.objects.values_list("kind", flat=True)) == kinds
    assert ArchiveItem.objects.get().values.count() == 3
