"""The demo: made by seed files, left alone where it is there, and alive on the pages."""

import json
import tarfile
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from app.accounts.models import User
from app.challenges.kit.sample import require_sample
from app.challenges.models import Challenge, DesignVersion, Phase, StarterKit, Submission
from app.core.storage import get_store
from app.images.models import Image
from app.people.models import Organization
from app.uploads.models import UserUpload
from app.web.demo import seed, seed_people
from app.web.demo.containers import NAMES
from archives.models import Archive, ArchiveItem
from archives.services import create_archive
from demo.starter_kit.evaluate_file import evaluate
from reader_studies.models import DisplaySet, Question
from tests.factories.containers import shell_image

pytestmark = pytest.mark.django_db
SHAPE = (40, 128, 128)


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    """The demo's folder, with containers, so that none are built."""
    settings.HOUNSFIELD_HOME = tmp_path
    containers = tmp_path / "demo" / "containers"
    containers.mkdir(parents=True)
    for name in NAMES:
        shell_image(f"true # {name}").write(containers / f"{name}.tar")
    return containers.parent


def fill_in() -> list[str]:
    lines: list[str] = []
    seed(lines.append, shape=SHAPE, test_shape=SHAPE)
    return lines


def test_everything_is_there_once(folder: Path, client: Client) -> None:
    lines = fill_in()
    assert lines[0] == "People are ready"
    assert lines[-1] == "Setting up the challenge"
    archive = Archive.objects.get(slug="thorax-ct-phantoms")
    assert [item.title for item in archive.items.order_by("created")] == [
        "Thorax phantom",
        "Small real CT",
        "Small real MR",
    ]
    kinds = {"TEXT", "NUMB", "CHOI", "MCHO", "BOOL"}
    assert set(Question.objects.values_list("kind", flat=True)) == kinds
    assert DisplaySet.objects.count() == 3
    assert Submission.objects.filter(state=Submission.State.ACCEPTED).count() == 5
    assert {(one.number, one.amendment) for one in DesignVersion.objects.all()} == {(1, False)}
    assert Challenge.objects.get().banner is not None
    for kit in StarterKit.objects.exclude(truth_key=""):
        assert [case.name for case in require_sample(kit)] == ["case-01"]
    assert StarterKit.objects.count() == Phase.objects.count() == 2
    assert Organization.objects.get().memberships.count() == 2
    assert [path.name for path in folder.iterdir()] == ["containers"], "no file with passwords"
    client.force_login(User.objects.get(username="organizer"))
    assert "Thorax CT phantoms" in client.get("/discover/").content.decode()
    client.force_login(User.objects.get(username="researcher"))
    page = client.get("/requests/").content.decode()
    assert "Ravi Rao" in page
    assert "Thorax CT phantoms" in page
    before = (Image.objects.count(), UserUpload.objects.count(), ArchiveItem.objects.count())
    assert fill_in() == ["People are ready"]
    after = (Image.objects.count(), UserUpload.objects.count(), ArchiveItem.objects.count())
    assert after == before


@pytest.mark.usefixtures("folder")
def test_people_keep_what_they_changed_but_for_the_password() -> None:
    seed_people()
    verified = User.objects.filter(verified_at__isnull=False).values_list("username", flat=True)
    assert set(verified) == {"researcher", "author", "organizer", "admin"}
    assert all(user.has_complete_profile for user in User.objects.all())
    rosa = User.objects.get(username="researcher")
    rosa.first_name, rosa.email, rosa.country = "Rosalind", "rosalind@example.org", "SE"
    rosa.set_password("forgotten")
    rosa.save()
    Organization.objects.update(title="Renamed")
    seed_people()
    rosa.refresh_from_db()
    assert (rosa.first_name, rosa.email, rosa.country.code) == (
        "Rosalind",
        "rosalind@example.org",
        "SE",
    )
    assert rosa.check_password("hounsfield-demo")
    assert [one.title for one in Organization.objects.all()] == ["Renamed"]


def test_a_container_that_is_refused_takes_the_challenge_back_alone(folder: Path) -> None:
    (folder / "containers" / "nodules-naive.tar").write_bytes(b"no container")
    with pytest.raises(RuntimeError, match=r"algorithms\[1\]\.versions\[0\]"):
        fill_in()
    assert [archive.slug for archive in Archive.objects.all()] == ["thorax-ct-phantoms"]
    assert not Challenge.objects.exists()
    assert [path.name for path in folder.iterdir()] == ["containers"]


def test_without_containers_there_is_no_challenge(tmp_path: Path, settings: LazySettings) -> None:
    settings.HOUNSFIELD_HOME = tmp_path
    settings.BASE_DIR = tmp_path  # where there is nothing to build containers from
    assert fill_in()[-1].startswith("No demo containers, so no challenge: ")
    assert Archive.objects.exists()
    assert not Challenge.objects.exists()


@pytest.mark.usefixtures("folder")
def test_names_that_somebody_took_already_do_not_hinder() -> None:
    seed_people()
    researcher = User.objects.get(username="researcher")
    mine = create_archive(actor=researcher, title="Hidden nodule test set")
    fill_in()
    [hidden] = {phase.archive for phase in Phase.objects.all()}
    assert hidden is not None
    assert hidden != mine
    assert hidden.items.count() == 3
    assert mine.items.count() == 0


@pytest.mark.usefixtures("folder")
def test_a_phase_of_files_is_to_be_seen(client: Client) -> None:
    fill_in()
    phase = Phase.objects.get(kind=Phase.Kind.PREDICTIONS)
    truth, titles = truth_of(phase), ["Test case 1", "Test case 2", "Test case 3"]
    assert list(truth) == titles
    assert set(truth.values()) == {0, 1}
    submissions = phase.submissions.order_by("created")
    assert [(one.creator.username, one.file_name) for one in submissions] == [
        ("researcher", "even-odds.json"),
        ("author", "by-number.json"),
        ("researcher", "by-slices.json"),
    ]
    assert {str(one.competes_as.team) for one in submissions} == {"Even odds", "Slice counters"}
    for submission in submissions:
        with get_store().open(submission.file_key) as stream:
            predicted = {row["case"]: row["probability"] for row in json.load(stream)}
        score = evaluate(predicted, truth)["aggregates"]["brier"]
        assert (score == 0.25) == (submission.file_name == "even-odds.json")
    client.force_login(User.objects.get(username="radiologist"))
    page = client.get(f"/challenges/{phase.challenge_id}/").content.decode()
    assert "Large nodules by report" in page
    page = client.get(f"/challenges/phases/{phase.pk}/").content.decode()
    assert "on how many slices each nodule" in page
    assert "Brier score" in page


def truth_of(phase: Phase) -> dict[str, int]:
    """The ground truth as the evaluation container will find it."""
    with (
        get_store().open(phase.ground_truths.get().key) as stream,
        tarfile.open(fileobj=stream) as tar,
    ):
        file = tar.extractfile("truth.json")
        assert file is not None
        found: dict[str, int] = json.load(file)
        return found
