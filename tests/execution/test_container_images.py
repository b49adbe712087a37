"""Uploaded container images and their checks, from storage to ready or refused."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from app.core.ids import new_id
from app.core.storage import get_store
from app.execution.contract import ArchiveLimits, ContainerArchiveError, ImageManifest
from app.execution.contract.child import inspect_in_child
from app.execution.models import ContainerImage
from app.execution.services import restore_container_image, validate_container_image
from app.execution.services.checking import MAX_ATTEMPTS
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_container_image
from tests.factories.containers import ContainerRecipe, shell_image
from tests.factories.images import make_upload

State = ContainerImage.State


@pytest.fixture
def upload(db: None, tmp_path: Path) -> Callable[[bytes], ContainerImage]:
    """Puts an archive into storage as an uploaded container image."""

    def put(content: bytes) -> ContainerImage:
        key = f"containers/{new_id()}.tar"
        path = tmp_path / "archive"
        path.write_bytes(content)
        get_store().put_file(path, key=key)
        return ContainerImage.objects.create(
            creator=UserFactory(),
            kind=ContainerImage.Kind.ALGORITHM,
            filename="image.tar",
            key=key,
            size=len(content),
        )

    return put


def test_a_good_archive_becomes_ready(upload: Callable[[bytes], ContainerImage]) -> None:
    recipe = shell_image("true")
    image = upload(recipe.docker_archive())
    validate_container_image(image.pk)
    image.refresh_from_db()
    assert (image.state, image.digest) == (State.READY, recipe.image_id())
    assert ImageManifest.from_record(image.manifest).user.uid == 1000
    assert image.lease_expires_at is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not an archive", "unreadable"),
        (shell_image("true", user="root").docker_archive(), "user_root"),
        (ContainerRecipe(entrypoint=None).docker_archive(), "no_entrypoint"),
        (shell_image("true", labels={"a": "\x00"}).docker_archive(), "broken"),
    ],
    ids=["junk", "root", "empty", "nul"],
)
def test_a_bad_archive_is_refused_in_words(
    upload: Callable[[bytes], ContainerImage], content: bytes, code: str
) -> None:
    image = upload(content)
    validate_container_image(image.pk)
    image.refresh_from_db()
    assert (image.state, image.reason_code) == (State.INVALID, code)
    assert image.reason.endswith(".")
    assert image.advice.endswith(".")
    assert image.manifest == {}


def test_a_message_that_comes_twice_changes_nothing(
    upload: Callable[[bytes], ContainerImage],
) -> None:
    image = upload(shell_image("true").docker_archive())
    validate_container_image(image.pk)
    before = ContainerImage.objects.values().get(pk=image.pk)
    validate_container_image(image.pk)
    validate_container_image(new_id())
    assert ContainerImage.objects.values().get(pk=image.pk) == before


def test_a_check_under_way_is_left_to_its_worker(
    upload: Callable[[bytes], ContainerImage],
) -> None:
    image = upload(shell_image("true").docker_archive())
    lease = timezone.now() + timedelta(minutes=5)
    ContainerImage.objects.update(state=State.VALIDATING, lease_expires_at=lease)
    validate_container_image(image.pk)
    assert ContainerImage.objects.get(pk=image.pk).state == State.VALIDATING


def test_a_file_that_is_gone_is_tried_again_and_then_refused(
    upload: Callable[[bytes], ContainerImage],
) -> None:
    image = upload(b"soon gone")
    get_store().delete(image.key)
    for attempt in range(1, MAX_ATTEMPTS):
        validate_container_image(image.pk)
        image.refresh_from_db()
        assert (image.state, image.attempts) == (State.UPLOADED, attempt)
    validate_container_image(image.pk)
    image.refresh_from_db()
    assert image.state == State.INVALID


def test_the_child_process_says_what_the_contract_says() -> None:
    recipe = shell_image("true")
    manifest = inspect_in_child(io.BytesIO(recipe.oci_archive()))
    assert manifest.image_id == recipe.image_id()
    with pytest.raises(ContainerArchiveError) as caught:
        inspect_in_child(
            io.BytesIO(recipe.docker_archive()), limits=ArchiveLimits(archive_bytes=1000)
        )
    assert caught.value.code == "too_large"


def test_a_child_that_does_not_answer_in_time_is_a_refusal() -> None:
    class Endless:
        def read(self, size: int = -1, /) -> bytes:
            return bytes(1 << 20)

    with pytest.raises(ContainerArchiveError) as caught:
        inspect_in_child(Endless(), limits=ArchiveLimits(archive_bytes=1 << 50), seconds=1)
    assert caught.value.code in {"unreadable", "not_an_image"}


def test_the_same_image_is_stored_once(
    upload: Callable[[bytes], ContainerImage],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    recipe = shell_image("true")
    first, second = upload(recipe.docker_archive()), upload(recipe.oci_archive())
    own = second.key
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        for image in (first, second):
            validate_container_image(image.pk)
            image.refresh_from_db()
    assert (first.state, second.state) == (State.READY, State.READY)
    assert (second.key, second.manifest) == (first.key, first.manifest)
    assert get_store().exists(first.key)
    assert not get_store().exists(own)


class TestRetired:
    """A version whose storage was given back takes its own content again, and nothing else."""

    def again(self, content: bytes) -> ContainerImage:
        digest = shell_image("true").image_id()
        image = make_container_image(state=State.RETIRED, digest=digest, size=1)
        ContainerImage.objects.filter(pk=image.pk).update(
            reclaimed_at=timezone.now(), reason="It was not used."
        )
        given = make_upload(owner=image.creator, content=content, filename="image.tar")
        image.refresh_from_db()
        restore_container_image(actor=image.creator, image=image, upload=given)
        validate_container_image(image.pk)
        image.refresh_from_db()
        return image

    @pytest.mark.django_db
    def test_the_same_image_makes_it_ready(self) -> None:
        image = self.again(shell_image("true").docker_archive())
        assert (image.state, image.reclaimed_at, image.reason) == (State.READY, None, "")

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("content", "code"),
        [(shell_image("false").docker_archive(), "another"), (b"no archive", "unreadable")],
    )
    def test_anything_else_leaves_it_retired(self, content: bytes, code: str) -> None:
        image = self.again(content)
        assert (image.state, image.reason_code) == (State.RETIRED, code)
        assert image.digest == shell_image("true").image_id()


def test_how_far_a_check_is_can_be_followed() -> None:
    content = shell_image("true").docker_archive()
    told: list[tuple[int, str]] = []
    inspect_in_child(io.BytesIO(content), progress=lambda done, what: told.append((done, what)))
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        inspect_in_child(file, progress=lambda done, what: told.append((done, what)))
    assert all(0 < done <= len(content) for done, _ in told)
