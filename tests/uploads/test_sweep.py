"""Nothing stays for ever: what the hourly sweep removes, and what it must not touch."""

import datetime as dt
import os
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from app.accounts.models import User
from app.core.storage import ObjectStore
from app.uploads import registry, services
from app.uploads.models import UserUpload
from app.uploads.tasks import sweep_uploads
from tests.uploads.conftest import ApiClient

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(days=30)


def make_old(upload: UserUpload) -> None:
    UserUpload.objects.filter(pk=upload.pk).update(modified=timezone.now() - LONG_AGO)


def age(path: Path) -> None:
    moment = (timezone.now() - LONG_AGO).timestamp()
    os.utime(path, (moment, moment))


@pytest.fixture
def completed(api: ApiClient) -> UserUpload:
    row = api.start(filename="scan.mha")
    api.complete(row, api.send(row, 1, b"x"))
    return UserUpload.objects.get(pk=row["pk"])


def test_young_uploads_stay(completed: UserUpload, owner: User, store: ObjectStore) -> None:
    services.start_upload(owner=owner, filename="open")
    assert set(services.sweep_uploads().values()) == {0}
    assert store.exists(completed.key)


def test_forgotten_uploads_are_aborted(owner: User, store: ObjectStore) -> None:
    open_one = services.start_upload(owner=owner, filename="open", size=5)
    never_opened = UserUpload.objects.create(owner=owner, filename="cut off")
    for upload in (open_one, never_opened):
        make_old(upload)
    assert services.sweep_uploads()["aborted"] == 2
    assert set(UserUpload.objects.values_list("state", flat=True)) == {"ABORTED"}
    assert list(store.list_multiparts("uploads/")) == []
    assert services.sweep_uploads()["aborted"] == 0


def test_unwanted_uploads_go_unless_somebody_keeps_them(
    completed: UserUpload,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_old(completed)
    monkeypatch.setattr(registry, "_keepers", {})
    registry.register_upload_keeper("test", UserUpload.objects.all)
    assert services.sweep_uploads()["discarded"] == 0
    registry.register_upload_keeper("test", UserUpload.objects.none)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep_uploads()["discarded"] == 1
    assert not store.exists(completed.key)


def test_bytes_without_a_row_go(
    completed: UserUpload, owner: User, store: ObjectStore, media: Path
) -> None:
    other = f"values/{uuid4()}.json"
    store.put_bytes(b"x", key=other)
    store.put_bytes(b"x", key="uploads/odd-name")
    opened = services.start_upload(owner=owner, filename="open")
    note = media / ".parts" / opened.multipart_id / "note.json"
    started = str(timezone.now().year)
    note.write_text(note.read_text().replace(f'"{started}-', '"2020-'))
    for path in (media / completed.key, media / other, media / "uploads/odd-name"):
        age(path)
    assert services.sweep_uploads()["orphans"] == 1
    assert store.exists(completed.key)
    assert store.exists(other)
    owner.delete()
    removed = services.sweep_uploads()
    assert (removed["orphans"], removed["multiparts"]) == (1, 1)
    assert not store.exists(completed.key)
    assert store.exists(other)
    assert list(store.list_multiparts("uploads/")) == []


def test_the_task_is_the_one_that_beat_calls() -> None:
    assert sweep_uploads.name == "app.uploads.tasks.sweep_uploads"
    sweep_uploads()
