"""Starter kits: what is in the zip, who chooses it, and what never gets into it."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import Any

import pytest

from app.accounts.models import User
from app.challenges.models import Phase
from app.challenges.services import (
    add_ground_truth,
    add_kit_source,
    add_kit_truth,
    choose_sample,
    download_kit,
    update_phase,
)
from app.core.errors import Conflict, PortalError, ValidationFailed
from app.sockets.services import ensure_socket
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.images import make_image, make_upload
from tests.factories.starter_kits import kit_zip, make_kit, tarball

pytestmark = pytest.mark.django_db


@pytest.fixture
def phase(user: User) -> Phase:
    return make_phase(make_challenge(admin=user), cases=2)


def upload(user: User, content: bytes) -> Any:
    return make_upload(owner=user, content=content, filename="files.tar.gz")


def test_the_zip_holds_sample_schemas_examples_and_scripts(phase: Phase) -> None:
    make_kit(phase, truth={"cases.json": b"{}"})
    names = set(kit_zip(phase).namelist())
    assert {
        *("README.md", "test", "package", "phase.json", "portal/seccomp.json"),
        *("portal/algorithm.sh", "portal/evaluation.sh", "portal/run.sh", "portal/phase.sh"),
        *("example-algorithm/Dockerfile", "example-algorithm/algorithm.py"),
        *("evaluation/Dockerfile", "evaluation/demo/containers/evaluation/evaluate.py"),
        *("schemas/inputs/medical-image.json", "schemas/outputs/segmentation.json"),
        *("sample/case-01/input/inputs.json", "sample/ground_truth/cases.json"),
    } <= names
    (image,) = (name for name in names if name.endswith(".mha"))
    assert image.startswith("sample/case-01/input/images/medical-image/")


def test_the_same_kit_has_the_same_bytes(phase: Phase, user: User) -> None:
    make_kit(phase, truth={"cases.json": b"{}"})
    first, second = (b"".join(download_kit(actor=user, phase=phase)) for _ in range(2))
    assert first == second


def test_scripts_can_be_run_and_nothing_else_can(phase: Phase) -> None:
    make_kit(phase)
    for info in kit_zip(phase).infolist():
        assert bool(info.external_attr >> 16 & 0o100) == (info.filename in {"test", "package"})


def test_it_is_made_while_it_is_sent(phase: Phase, user: User) -> None:
    make_kit(phase)
    pieces = list(download_kit(actor=user, phase=phase))
    assert len(pieces) > 20


class TestWhatIsNeverGivenOut:
    def test_the_hidden_archive(self, phase: Phase, user: User) -> None:
        with pytest.raises(ValidationFailed):
            choose_sample(actor=user, phase=phase, archive=phase.archive)

    def test_that_of_another_challenge(self, phase: Phase, user: User) -> None:
        with pytest.raises(ValidationFailed):
            choose_sample(actor=user, phase=phase, archive=make_phase(cases=1).archive)

    def test_a_hidden_image_in_another_archive(self, phase: Phase, user: User) -> None:
        archive = make_archive(editor=user)
        make_item(archive, image=phase.archive.items.first().images[0])  # type: ignore[union-attr]
        with pytest.raises(ValidationFailed):
            choose_sample(actor=user, phase=phase, archive=archive)

    def test_an_archive_that_became_hidden_since(self, phase: Phase, user: User) -> None:
        kit = make_kit(phase)
        assert kit.archive is not None
        update_phase(actor=user, phase=phase, archive=kit.archive)
        with pytest.raises(Conflict, match="no sample"):
            download_kit(actor=user, phase=phase)

    def test_a_hidden_image_that_was_put_into_it_since(self, phase: Phase, user: User) -> None:
        kit = make_kit(phase)
        assert kit.archive is not None
        hidden = phase.archive.items.first()
        assert hidden is not None
        make_item(kit.archive, title="Later", image=hidden.images[0])
        with pytest.raises(Conflict):
            download_kit(actor=user, phase=phase)

    def test_the_hidden_ground_truth(self, phase: Phase, user: User) -> None:
        content = tarball({"cases.json": b"{}"})
        add_ground_truth(actor=user, phase=phase, upload=upload(user, content))
        with pytest.raises(ValidationFailed, match="hidden cases"):
            add_kit_truth(actor=user, phase=phase, upload=upload(user, content))

    def test_where_the_hidden_archive_is(self, phase: Phase) -> None:
        make_kit(phase)
        archive = kit_zip(phase)
        for name in archive.namelist():
            content = archive.read(name).decode("latin-1")
            assert str(phase.archive_id) not in content, name
            assert phase.archive.slug not in content, name


def test_without_a_sample_there_is_no_kit(phase: Phase, user: User) -> None:
    with pytest.raises(Conflict, match="no starter kit"):
        download_kit(actor=user, phase=phase)
    with pytest.raises(ValidationFailed):
        choose_sample(actor=user, phase=phase, archive=make_archive(editor=user))


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/../../evil", "con:1", "-rf", ".bashrc", "a b", "ü", "a\nb"]
)
def test_a_name_that_is_not_safe_is_refused(phase: Phase, user: User, name: str) -> None:
    content = tarball({name: b"x"})
    with pytest.raises(ValidationFailed, match="name"):
        add_kit_truth(actor=user, phase=phase, upload=upload(user, content))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_plain_file_is_refused(phase: Phase, user: User, kind: bytes) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(ValidationFailed, match="plain file"):
        add_kit_truth(actor=user, phase=phase, upload=upload(user, out.getvalue()))


def test_names_that_differ_in_case_alone_are_refused(phase: Phase, user: User) -> None:
    content = tarball({"a": b"1", "A": b"2"})
    with pytest.raises(ValidationFailed, match="case alone"):
        add_kit_truth(actor=user, phase=phase, upload=upload(user, content))


@pytest.mark.parametrize(
    "content", [b"nothing", b"", tarball({})], ids=["no tar", "no bytes", "no files"]
)
def test_what_is_no_archive_is_refused(phase: Phase, user: User, content: bytes) -> None:
    with pytest.raises(PortalError, match=r"tar|no file|empty"):
        add_kit_truth(actor=user, phase=phase, upload=upload(user, content))


def test_the_organizers_own_evaluation(phase: Phase, user: User) -> None:
    make_kit(phase)
    with pytest.raises(ValidationFailed, match="Dockerfile"):
        add_kit_source(actor=user, phase=phase, upload=upload(user, tarball({"a.py": b""})))
    content = tarball({"./Dockerfile": b"FROM scratch\n", "./src/score.py": b"print(1)\n"})
    add_kit_source(actor=user, phase=phase, upload=upload(user, content))
    found = {name for name in kit_zip(phase).namelist() if name.startswith("evaluation/")}
    assert found == {"evaluation/Dockerfile", "evaluation/src/score.py"}


def test_titles_of_strangers_stay_words(phase: Phase, user: User) -> None:
    update_phase(actor=user, phase=phase, title='$(touch x)\n# "; rm -rf / @VALUE@')
    make_kit(phase)
    found = kit_zip(phase)
    assert "\n# " not in found.read("README.md").decode().split("\n\n")[1]
    for name in ("test", "package", "portal/run.sh", "portal/algorithm.sh", "portal/phase.sh"):
        assert "touch x" not in found.read(name).decode()


def test_the_phase_as_the_public_program_reads_it(phase: Phase) -> None:
    make_kit(phase)
    (described,) = json.loads(kit_zip(phase).read("phase.json"))["challenge"]["phases"]
    assert described["archive"]["slug"] == "sample"
    assert described["algorithm_interfaces"][0]["outputs"][0]["slug"] == "segmentation"


def test_values_are_left_open_in_the_predictions(user: User) -> None:
    """What a container writes is put between the pieces, whatever titles say."""
    sockets = [
        ensure_socket(slug="risk", title='A "@VALUE@" b', kind="FLT", relative_path="risk.json"),
        ensure_socket(slug="table", title="Table", kind="CSV", relative_path="table.csv"),
    ]
    phase = make_phase(make_challenge(admin=user), outputs=sockets)
    make_kit(phase)
    found = kit_zip(phase)
    pieces = [found.read(f"portal/case-01/prediction-{number}").decode() for number in (0, 1)]
    prediction = json.loads("0.25".join(pieces))
    values = {one["socket"]["slug"]: one for one in prediction["outputs"]}
    assert values["risk"]["value"] == 0.25
    assert values["risk"]["socket"]["title"] == 'A "@VALUE@" b'
    assert values["table"]["file"] == "table.csv"
    assert prediction["pk"] == found.read("portal/case-01/job").decode().strip()
    lines = found.read("portal/case-01/outputs").decode().splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["value", "risk.json"],
        ["file", "table.csv"],
    ]
    assert found.read("example-algorithm/example-table.csv").startswith(b"case,score")


def test_at_most_ten_cases(phase: Phase, user: User) -> None:
    archive = make_archive(editor=user)
    for number in range(11):
        make_item(archive, title=f"Case {number:02}", image=make_image())
    make_kit(phase, archive=archive)
    listings = [name for name in kit_zip(phase).namelist() if name.endswith("inputs.json")]
    assert len(listings) == 10


def test_the_zip_is_whole(phase: Phase) -> None:
    make_kit(phase, truth={"masks/a.mha": b"x" * 100_000})
    archive = kit_zip(phase)
    assert isinstance(archive, zipfile.ZipFile)
    assert archive.testzip() is None
