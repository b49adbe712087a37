"""Reading completed uploads and taking them over."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from app.accounts.models import User
from app.core.errors import TransitionNotAllowed
from app.core.states import transition
from app.core.storage import ObjectStore, PartReceipt
from app.uploads import services
from app.uploads.errors import UploadNotComplete
from app.uploads.models import UserUpload
from tests.uploads.conftest import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(api: ApiClient) -> UserUpload:
    row = api.start(filename="scan.mha")
    part = api.send(row, 1, b"0123456789")
    assert api.complete(row, part).status_code == 200
    return UserUpload.objects.get(pk=row["pk"])


def test_open_and_fetch(upload: UserUpload, tmp_path: Path) -> None:
    with services.open_upload(upload) as file:
        file.seek(4)
        assert file.read(3) == b"456"
    assert services.fetch_upload(upload, path=tmp_path / "scan") == 10
    assert (tmp_path / "scan").read_bytes() == b"0123456789"


def test_an_open_upload_cannot_be_read(owner: User, tmp_path: Path) -> None:
    upload = services.start_upload(owner=owner, filename="a")
    for attempt in (
        lambda: services.open_upload(upload),
        lambda: services.fetch_upload(upload, path=tmp_path / "a"),
        lambda: services.consume_upload(upload, to="values/a.json"),
    ):
        with pytest.raises(UploadNotComplete):
            attempt()


def test_consuming_moves_the_bytes(
    upload: UserUpload,
    store: ObjectStore,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old, to = upload.key, f"containers/{uuid4()}.tar"
    with django_capture_on_commit_callbacks(execute=True):
        assert services.consume_upload(upload, to=to).size == 10
        assert store.exists(old)
    assert not store.exists(old)
    assert store.read_range(to, start=0, length=20) == b"0123456789"
    assert UserUpload.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_takeover_that_is_rolled_back_can_be_repeated(
    upload: UserUpload, store: ObjectStore
) -> None:
    pk, old, to = upload.pk, upload.key, f"containers/{uuid4()}.tar"
    with transaction.atomic():
        services.consume_upload(upload, to=to)
        transaction.set_rollback(True)
    assert store.exists(old)
    services.consume_upload(UserUpload.objects.get(pk=pk), to=to)
    assert not store.exists(old)
    assert store.size(to) == 10


@pytest.mark.parametrize("before", UserUpload.State.values)
@pytest.mark.parametrize("after", UserUpload.State.values)
def test_every_pair_of_states(owner: User, before: str, after: str) -> None:
    upload = UserUpload.objects.create(owner=owner, filename="a", state=before)
    allowed = {
        ("PENDING", "INITIALIZED"),
        ("PENDING", "ABORTED"),
        ("INITIALIZED", "COMPLETED"),
        ("INITIALIZED", "ABORTED"),
    }
    if (before, after) in allowed:
        assert transition(upload, after).state == after
    else:
        with pytest.raises(TransitionNotAllowed):
            transition(upload, after)
        assert UserUpload.objects.get(pk=upload.pk).state == before


def test_a_completed_upload_is_not_aborted(upload: UserUpload, store: ObjectStore) -> None:
    with pytest.raises(TransitionNotAllowed):
        services.abort_upload(upload)
    assert store.exists(upload.key)


def test_the_repeated_completion_does_not_look_at_the_parts(upload: UserUpload) -> None:
    done = services.complete_upload(upload, receipts=[PartReceipt(number=9, etag="x")])
    assert done.size == 10
