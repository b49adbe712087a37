"""The pages of imports: live while they run, the account of every file afterwards."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.core.states import transition
from app.images.models import Import, ImportFile
from app.images.services import cancel_import, run_import
from app.uploads.models import UserUpload
from app.uploads.services import sweep_uploads
from archives.models import Archive
from tests.factories.archives import make_archive
from tests.factories.images import make_image, make_import, metaimage_bytes
from tests.images.test_imports import begin, finish
from tests.synthetic import dicom

State = Import.State
Outcome = ImportFile.Outcome


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user)


def page_of(client: Client, source: Import, name: str = "import", **query: Any) -> str:
    response = client.get(reverse(f"images:{name}", args=[source.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


class TestLive:
    def test_only_new_pictures_are_sent(self, signed_in: Client, user: User) -> None:
        source = make_import(owner=user, state=State.RUNNING, stage="CONVERTING", total_files=8)
        for number in range(3):
            make_image(name=f"Series {number}", source=source)
        text = page_of(signed_in, source, "import_progress", images=2, said="CONVERTING-0")
        assert "Series 2" in text
        assert "Series 1" not in text
        assert "images=3" in text
        assert "import-said" not in text

    def test_the_listener_hears_each_quarter_once(self, signed_in: Client, user: User) -> None:
        source = make_import(
            owner=user, state=State.RUNNING, stage="CONVERTING", total_files=8, done_files=2
        )
        text = page_of(signed_in, source, "import_progress", said="CONVERTING-0")
        assert "2 of 8 files done, 0 images so far." in text
        assert "said=CONVERTING-1" in text

    def test_the_end_brings_the_whole_page(self, signed_in: Client, archive: Archive) -> None:
        source = finish(begin(archive, metaimage_bytes()))
        text = page_of(signed_in, source, "import_progress")
        assert 'hx-trigger="load"' in text
        assert "The import has ended: Done. 1 images." in text

    @pytest.mark.parametrize("given", ["x", "-1", "99999999999", "²"])
    def test_nonsense_is_taken_for_nothing(self, signed_in: Client, user: User, given: str) -> None:
        source = make_import(owner=user, state=State.RUNNING)
        page_of(signed_in, source, "import_progress", images=given, said=given)

    def test_nobody_else_sees_it(self, client: Client, stranger: User, user: User) -> None:
        source = make_import(owner=user, state=State.RUNNING)
        client.force_login(stranger)
        for name in ("import", "import_progress"):
            assert client.get(reverse(f"images:{name}", args=[source.pk])).status_code == 404


class TestAccount:
    @pytest.fixture
    def source(self, archive: Archive) -> Import:
        names = ("good.mha", "bad.dcm", "=cmd().dcm")
        return finish(begin(archive, metaimage_bytes(), b"no image", b"", names=names))

    def test_problems_come_first_and_the_rest_on_request(
        self, signed_in: Client, source: Import
    ) -> None:
        assert '<td class="mono">good.mha</td>' not in page_of(signed_in, source)
        assert '<td class="mono">bad.dcm</td>' in page_of(signed_in, source)
        for outcome in ("all", "USED"):
            text = page_of(signed_in, source, outcome=outcome)
            assert '<td class="mono">good.mha</td>' in text
        assert "bad.dcm" not in page_of(signed_in, source, q="EmptyFile", outcome="FAILED")

    def test_download(self, signed_in: Client, source: Import) -> None:
        response = signed_in.get(reverse("images:import_files", args=[source.pk, "csv"]))
        content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        rows = list(csv.DictReader(io.StringIO(content)))
        assert {row["file"] for row in rows} == {"good.mha", "bad.dcm", "'=cmd().dcm"}
        response = signed_in.get(reverse("images:import_files", args=[source.pk, "json"]))
        plain = json.loads(b"".join(response.streaming_content))  # type: ignore[attr-defined]
        found = {row["file"]: row for row in plain}
        assert found["=cmd().dcm"]["code"] == "EmptyFile"
        assert found["good.mha"]["image"] == str(source.images.get().pk)

    def test_other_kinds_of_file_are_not_there(self, signed_in: Client, source: Import) -> None:
        address = reverse("images:import_files", args=[source.pk, "exe"])
        assert signed_in.get(address).status_code == 404


class TestRetry:
    def test_only_what_failed_is_done_again(
        self, signed_in: Client, archive: Archive, user: User
    ) -> None:
        source = finish(begin(archive, metaimage_bytes(), b"no image", names=("a.mha", "b.mha")))
        kept = source.uploads.get()
        assert kept.filename == "b.mha"
        assert "Retry failed" in page_of(signed_in, source)
        self._mend(kept, metaimage_bytes(1))
        image = source.images.get()
        signed_in.post(reverse("images:retry_import", args=[source.pk]))
        source.refresh_from_db()
        assert source.state == State.QUEUED
        finish(source)
        assert source.state == State.SUCCEEDED
        assert (source.images.count(), archive.items.count()) == (2, 2)
        assert source.files.get(path="a.mha").image == image
        assert source.files.get(path="b.mha").outcome == Outcome.USED
        assert not UserUpload.objects.exists()

    def test_a_cancelled_import_starts_again(self, signed_in: Client, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes())
        signed_in.post(reverse("images:cancel_import", args=[source.pk]))
        assert "Start again" in page_of(signed_in, source)
        signed_in.post(reverse("images:retry_import", args=[source.pk]))
        assert finish(source).state == State.SUCCEEDED
        assert archive.items.count() == 1

    @pytest.mark.parametrize("way", ["page", "api"])
    def test_a_tilted_stack_is_straightened_on_request(
        self, signed_in: Client, archive: Archive, tmp_path: Path, way: str
    ) -> None:
        tilted = dicom.classic(dicom.volume(slices=8), step=(0.0, 0.6, 2.4))
        paths = dicom.save(tilted, tmp_path / "in")
        source = finish(begin(archive, *(path.read_bytes() for path in paths)))
        assert set(source.files.values_list("code", flat=True)) == {"GantryTilt"}
        assert "Straighten tilted slices" in page_of(signed_in, source)
        if way == "page":
            signed_in.post(reverse("images:retry_import", args=[source.pk]), {"tilt": "shear"})
        else:
            address = f"/api/v1/cases/upload-sessions/{source.pk}/retry/"
            answer = signed_in.post(address, {"tilt": "shear"}, content_type="application/json")
            assert answer.status_code == 200, answer.content
        assert finish(source).state == State.SUCCEEDED
        remarks = source.images.get().metadata["remarks"]
        assert any("tilt" in str(remark).lower() for remark in remarks)

    def test_nothing_to_try_again(self, signed_in: Client, archive: Archive) -> None:
        source = finish(begin(archive, metaimage_bytes()))
        address = reverse("images:retry_import", args=[source.pk])
        assert signed_in.post(address).status_code == 409

    def test_kept_uploads_can_be_deleted(self, signed_in: Client, archive: Archive) -> None:
        source = finish(begin(archive, metaimage_bytes(), b"no image"))
        signed_in.post(reverse("images:discard_import", args=[source.pk]))
        assert not UserUpload.objects.exists()
        assert "Retry failed" not in page_of(signed_in, source)

    def test_kept_uploads_are_swept_after_a_week(self, archive: Archive) -> None:
        from datetime import timedelta

        source = finish(begin(archive, metaimage_bytes(), b"no image"))
        sweep_uploads()
        kept = source.uploads.get()
        UserUpload.objects.filter(pk=kept.pk).update(modified=kept.modified - timedelta(days=8))
        sweep_uploads()
        assert not source.uploads.exists()

    def test_a_zip_is_tried_again_without_doubling_its_images(
        self, archive: Archive, signed_in: Client
    ) -> None:
        from tests.images.test_imports import zipped

        content = zipped(**{"a.mha": metaimage_bytes(), "b.mha": b"no image"})
        source = finish(begin(archive, content, names=("two.zip",)))
        signed_in.post(reverse("images:retry_import", args=[source.pk]))
        finish(source)
        assert source.state == State.PARTIAL
        assert (source.images.count(), archive.items.count()) == (1, 1)
        shown = source.files.exclude(outcome=Outcome.OPENED)
        assert dict(shown.values_list("path", "outcome")) == {
            "two.zip/a.mha": Outcome.USED,
            "two.zip/b.mha": Outcome.FAILED,
        }

    @staticmethod
    def _mend(upload: UserUpload, content: bytes) -> None:
        from app.core.storage import get_store

        get_store().put_bytes(content, key=upload.key)
        UserUpload.objects.filter(pk=upload.pk).update(size=len(content))


class TestList:
    def test_own_imports_by_state(self, signed_in: Client, user: User, stranger: User) -> None:
        done = make_import(owner=user, state=State.SUCCEEDED, destination_title="Lungs")
        make_import(owner=user, destination_title="Waiting room")
        other = make_import(owner=stranger)
        address = reverse("images:imports")
        text = signed_in.get(address).content.decode()
        assert str(done.pk) in text
        assert str(other.pk) not in text
        assert "Waiting room" not in signed_in.get(address, {"state": "SUCCEEDED"}).content.decode()
        assert "Waiting room" in signed_in.get(address, {"state": "nonsense"}).content.decode()


class TestTakenBack:
    def test_images_of_a_cancelled_import_go(
        self, archive: Archive, user: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        from app.core.storage import get_store
        from app.images.services import clear_import

        source = begin(archive, metaimage_bytes())
        transition(source, State.RUNNING)
        image = make_image(source=source)
        source.made.create(key=image.pk, image_pk=image.pk)
        cancel_import(actor=user, source=source)
        clear_import(source.pk)
        clear_import(source.pk)
        assert not source.images.exists()
        assert list(get_store().list_objects("images/")) == []
        run_import(source.pk)
        assert not source.images.exists()

    def test_an_image_on_its_way_cannot_be_used_elsewhere(self, user: User) -> None:
        from app.images.models import Image

        source = make_import(owner=user, state=State.RUNNING)
        image = make_image(source=source)
        made = source.made.create(key=image.pk, image_pk=image.pk)
        assert Image.objects.visible_to(user).filter(pk=image.pk).exists()
        assert not Image.objects.usable_by(user).filter(pk=image.pk).exists()
        made.delete()
        assert Image.objects.usable_by(user).filter(pk=image.pk).exists()
