"""The whole way of an upload when files live in a bucket."""

import os
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from app.accounts.models import User
from app.core.storage import MIN_PART_SIZE, get_store
from app.uploads import services
from app.uploads.models import UserUpload
from tests.servers import s3_server
from tests.uploads.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_browser_to_bucket_and_nothing_on_our_disk(
    owner: User,
    settings: Settings,
    media: Path,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    body = os.urandom(MIN_PART_SIZE + 1000)
    with s3_server() as url:
        settings.STORAGE_URL = url
        api = ApiClient(owner)
        upload = api.start(filename="scan.mha", size=len(body))
        parts = []
        for number, data in ((1, body[:MIN_PART_SIZE]), (2, body[MIN_PART_SIZE:])):
            address = api.sign(upload, number)[str(number)]
            assert urlsplit(address).netloc == urlsplit(url).netloc.rpartition("@")[2]
            answer = httpx.put(address, content=data)
            parts.append({"ETag": answer.headers["ETag"], "PartNumber": number})
        assert [part["Size"] for part in api.parts(upload).json()["parts"]] == [MIN_PART_SIZE, 1000]
        assert api.complete(upload, *parts).json()["size"] == len(body)

        row = UserUpload.objects.get(pk=upload["pk"])
        assert services.fetch_upload(row, path=tmp_path / "copy") == len(body)
        assert (tmp_path / "copy").read_bytes() == body
        to = f"containers/{uuid4()}.tar"
        with django_capture_on_commit_callbacks(execute=True):
            services.consume_upload(row, to=to)
        store = get_store()
        assert [found.key for found in store.list_objects("containers/")] == [to]
        assert list(store.list_objects("uploads/")) == []

        empty = api.start(filename="empty")
        assert api.complete(empty).json()["size"] == 0
        api.abort(api.start(filename="given up"))
        assert list(store.list_multiparts("uploads/")) == []
        assert services.sweep_uploads()["orphans"] == 0
    assert not media.exists()
