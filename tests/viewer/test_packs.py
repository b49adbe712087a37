"""Making packs: idempotent, one at a time, with a reason when it fails."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from numpy.typing import NDArray

from app.accounts.models import User
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.storage import get_store
from app.images.models import Image, ImageFile
from app.images.registry import image_ready
from tests.viewer.conftest import MakeImage
from viewer.models import SlicePack
from viewer.services import packs
from viewer.services.readers import open_pack
from viewer.tasks import make_slice_pack

State = SlicePack.State
Capture = Callable[..., Any]
pytestmark = pytest.mark.django_db


def state_of(image: Image) -> str:
    return str(SlicePack.objects.get(pk=image.pk).state)


def set_row(image: Image, **changes: Any) -> None:
    """Put the row into a state; ``modified`` is written as given."""
    SlicePack.objects.get_or_create(image=image)
    SlicePack.objects.filter(pk=image.pk).update(**changes)


def objects_of(image: Image) -> list[str]:
    return [found.key for found in get_store().list_objects(f"images/{image.pk}")]


def test_the_pack_holds_the_images_pixels(image: Image, volume: NDArray[np.int16]) -> None:
    make_slice_pack(str(image.pk))
    assert packs.pack_status(image.pk).is_ready
    file = ImageFile.objects.get(image=image, kind=ImageFile.Kind.SLICES)
    assert file.key == f"images/{image.pk}/{file.pk}.slices"
    assert file.size == get_store().size(file.key)
    assert len(file.sha256) == 64
    reader = open_pack(image.pk)
    np.testing.assert_array_equal([reader.decode(z) for z in range(len(volume))], volume)


def test_running_twice_changes_nothing(image: Image) -> None:
    make_slice_pack(str(image.pk))
    before = objects_of(image)
    make_slice_pack(str(image.pk))
    assert objects_of(image) == before
    assert ImageFile.objects.filter(image=image, kind=ImageFile.Kind.SLICES).count() == 1


def test_a_new_image_asks_for_its_pack(
    image: Image, sent: list[Any], django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        image_ready(image.pk)
        assert sent == []
    assert sent == [[str(image.pk)]]
    assert state_of(image) == State.QUEUED


def test_a_ready_pack_is_not_asked_for_again(
    image: Image, sent: list[Any], django_capture_on_commit_callbacks: Capture
) -> None:
    make_slice_pack(str(image.pk))
    with django_capture_on_commit_callbacks(execute=True):
        packs.request_pack(image.pk)
    assert sent == []


def test_a_pack_whose_file_is_gone_is_made_again(
    image: Image, sent: list[Any], django_capture_on_commit_callbacks: Capture
) -> None:
    make_slice_pack(str(image.pk))
    ImageFile.objects.filter(image=image, kind=ImageFile.Kind.SLICES).delete()
    with django_capture_on_commit_callbacks(execute=True):
        packs.request_pack(image.pk)
    assert sent == [[str(image.pk)]]
    make_slice_pack(str(image.pk))
    assert packs.pack_status(image.pk).is_ready


def test_a_damaged_image_fails_with_a_reason(image: Image, media: Path) -> None:
    mha = media / ImageFile.objects.get(image=image).key
    mha.write_bytes(mha.read_bytes()[:-2000])
    make_slice_pack(str(image.pk))
    status = packs.pack_status(image.pk)
    assert status.is_failed
    assert "ends before its last slice" in status.message
    assert objects_of(image) == [ImageFile.objects.get(image=image).key]


def test_an_image_without_a_volume_fails_with_a_reason(image: Image) -> None:
    ImageFile.objects.filter(image=image).update(kind=ImageFile.Kind.TIFF)
    make_slice_pack(str(image.pk))
    assert packs.pack_status(image.pk).message == packs.NO_VOLUME


def test_a_missing_object_fails_with_a_reason(image: Image) -> None:
    get_store().delete(ImageFile.objects.get(image=image).key)
    make_slice_pack(str(image.pk))
    assert "not stored any more" in packs.pack_status(image.pk).message


def test_a_fault_of_ours_is_tried_again_and_then_given_up(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*args: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(packs, "write_pack", no_room)
    for _ in range(packs.MAX_ATTEMPTS):
        make_slice_pack(str(image.pk))
        assert state_of(image) == State.QUEUED
    make_slice_pack(str(image.pk))
    assert packs.pack_status(image.pk).message == packs.GAVE_UP


def test_a_failed_pack_is_tried_again_after_a_pause(
    image: Image, sent: list[Any], django_capture_on_commit_callbacks: Capture
) -> None:
    set_row(image, state=State.FAILED, message="Broken.", modified=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        packs.request_pack(image.pk)
    assert (sent, state_of(image)) == ([], State.FAILED)
    set_row(image, modified=timezone.now() - packs.RETRY_AFTER - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        packs.request_pack(image.pk)
    assert (sent, state_of(image)) == ([[str(image.pk)]], State.QUEUED)


def test_a_pack_in_work_is_left_alone(image: Image) -> None:
    lease = timezone.now() + timedelta(minutes=5)
    set_row(image, state=State.RUNNING, lease_expires_at=lease)
    make_slice_pack(str(image.pk))
    assert state_of(image) == State.RUNNING
    assert not ImageFile.objects.filter(image=image, kind=ImageFile.Kind.SLICES).exists()


def test_a_lost_worker_is_replaced(image: Image) -> None:
    set_row(image, state=State.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1))
    make_slice_pack(str(image.pk))
    assert packs.pack_status(image.pk).is_ready


def test_an_image_that_is_gone_is_forgotten(sent: list[Any]) -> None:
    nobody = new_id()
    packs.request_pack(nobody)
    make_slice_pack(str(nobody))
    assert not SlicePack.objects.filter(pk=nobody).exists()


def test_the_loser_of_a_race_removes_its_object(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = packs._publish

    def late(store: Any, pack: Path, *, image_id: Any) -> None:
        publish(store, pack, image_id=image_id)
        publish(store, pack, image_id=image_id)

    monkeypatch.setattr(packs, "_publish", late)
    make_slice_pack(str(image.pk))
    kept = ImageFile.objects.get(image=image, kind=ImageFile.Kind.SLICES).key
    assert [key for key in objects_of(image) if key.endswith(".slices")] == [kept]


def test_an_image_deleted_meanwhile_leaves_no_pack(
    image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = packs.write_pack

    def late(mha: Path, pack: Path) -> None:
        write(mha, pack)
        Image.objects.filter(pk=pk).delete()

    pk = image.pk
    monkeypatch.setattr(packs, "write_pack", late)
    make_slice_pack(str(pk))
    kept = [found.key for found in get_store().list_objects(f"images/{pk}")]
    assert not [key for key in kept if key.endswith(".slices")]
    assert not SlicePack.objects.filter(pk=pk).exists()


def test_what_the_broker_forgot_is_sent_again(
    make_image: MakeImage,
    volume: NDArray[np.int16],
    sent: list[Any],
    django_capture_on_commit_callbacks: Capture,
) -> None:
    now = timezone.now()
    old = now - packs.OVERDUE - timedelta(seconds=1)
    fresh, forgotten, lost, working, failed = (make_image(volume) for _ in range(5))
    set_row(fresh, state=State.QUEUED)
    set_row(forgotten, state=State.QUEUED, modified=old)
    set_row(lost, state=State.RUNNING, lease_expires_at=now - timedelta(seconds=1))
    set_row(working, state=State.RUNNING, lease_expires_at=now + timedelta(minutes=1), modified=old)
    set_row(failed, state=State.FAILED, modified=old)
    with django_capture_on_commit_callbacks(execute=True):
        assert packs.requeue_due_packs() == 2
    assert sorted(sent) == sorted([[str(forgotten.pk)], [str(lost.pk)]])
    with django_capture_on_commit_callbacks(execute=True):
        assert packs.requeue_due_packs() == 1, "what was just sent is not sent again at once"


def test_no_pack_no_reader(image: Image, reader: User) -> None:
    with pytest.raises(NotFound):
        open_pack(image.pk)


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(State))
def test_every_pair_of_states(before: State, after: State) -> None:
    allowed = {
        (State.QUEUED, State.RUNNING),
        (State.QUEUED, State.READY),
        (State.QUEUED, State.FAILED),
        (State.RUNNING, State.READY),
        (State.RUNNING, State.FAILED),
        (State.RUNNING, State.QUEUED),
        (State.READY, State.QUEUED),
        (State.FAILED, State.QUEUED),
        (State.FAILED, State.READY),
    }
    assert SlicePack.MACHINE.allows(before, after) == ((before, after) in allowed)
