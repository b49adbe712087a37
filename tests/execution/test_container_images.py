"""Uploaded container images and their checks, from storage to ready or refused."""

from __future__ import annotations

import io
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
from app.execution.services import validate_container_image
from app.execution.services.checking import MAX_ATTEMPTS
from tests.factories.accounts import UserFactory
from tests.factories.containers import ContainerRecipe, shell_image

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
    ],
    ids=["junk", "root", "empty"],
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
