"""What identifies a patient does not get in: not by DICOM, not by any other format."""

import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from django.conf import LazySettings
from django.core import serializers
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from app.accounts.models import User
from app.audit.models import Event
from app.core.storage import get_store
from app.images.conversion.child import run_conversion
from app.images.conversion.deidentification import Deidentification
from app.images.models import (
    DeidentificationSettings,
    Image,
    ImageFile,
    Import,
    Instance,
    Series,
    Study,
)
from app.images.services import deidentification_settings, run_import, start_import
from archives.models import Archive
from archives.services import change_deidentification, delete_archive
from tests.factories.accounts import sign_in
from tests.factories.archives import make_archive
from tests.factories.images import make_upload
from tests.factories.quarantine import import_dicom, read
from tests.synthetic import dicom

SENTINEL = "ZZSentinelZZ"
WATCHER = """
import json, os, subprocess, sys
seen = {"argv": sys.argv, "environ": dict(os.environ)}
with open(os.environ["TMPDIR"] + "/seen.json", "w") as file:
    json.dump(seen, file)
child = subprocess.Popen(sys.argv[1:])
proc = f"/proc/{child.pid}"
sys.exit(child.wait())
"""


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user)


def series(*, patient: str = "SentinelID", **attributes: Any) -> list[Any]:
    made = dicom.classic(dicom.volume())
    for one in made:
        one.PatientID = patient
        one.StudyInstanceUID = "1.2.3.4"
        one.StudyDate = "20200131"
        one.PatientAge = "044Y"
        one.SeriesDescription = f"{SENTINEL} chest"
        one.StudyDescription = SENTINEL
        for keyword, value in attributes.items():
            setattr(one, keyword, value)
    return made


def everything_stored(media: Path) -> bytes:
    """All bytes in storage and all rows about images, without what the uploader called files."""
    files = b"\n".join(path.read_bytes() for path in media.rglob("*") if path.is_file())
    models = (Image, ImageFile, Instance, Series, Study, Import)
    rows = [row for model in models for row in model._base_manager.all()]
    names = "\n".join(str(path) for path in media.rglob("*"))
    return files + serializers.serialize("json", rows).encode() + names.encode()


class TestPrivateChannel:
    def test_the_secret_is_in_no_argument_environment_or_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        script = tmp_path / "watch.py"
        script.write_text(WATCHER)
        dicom.save(series(), tmp_path / "in")
        wanted = Deidentification(secret=os.urandom(32), keep=True)
        report = run_conversion(
            tmp_path / "in",
            tmp_path / "out",
            prefix=[sys.executable, str(script)],
            deidentification=wanted,
        )
        (image,) = report.images
        assert image.deidentified is not None
        assert len(image.deidentified.instances) == 5
        seen = (tmp_path / "seen.json").read_text()
        assert "--deidentify" in seen
        left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        for secret in (wanted.secret, wanted.secret.hex().encode()):
            assert secret not in left
        assert wanted.secret.hex() not in repr(wanted)
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            path.name for path in image.paths
        }

    def test_without_a_wish_nothing_is_deidentified(self, tmp_path: Path) -> None:
        dicom.save(series(), tmp_path / "in")
        (image,) = run_conversion(tmp_path / "in", tmp_path / "out").images
        assert image.deidentified is None


class TestInstances:
    def test_rows_describe_the_kept_files(
        self, archive: Archive, media: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        sent = series()
        with django_capture_on_commit_callbacks(execute=True):  # uploads are deleted then
            source = import_dicom(archive, *sent)
        image = source.images.get()
        study, kept = Study.objects.get(), Instance.objects.all()
        assert (study.scope, study.scope_id) == ("archive", archive.pk)
        assert (study.series.get().instance_count, len(kept)) == (5, 5)
        assert {one.image for one in kept} == {image}
        originals = {str(one.SOPInstanceUID) for one in sent}
        assert not originals & {one.sop_instance_uid for one in kept}
        for one in kept:
            content = b"".join(get_store().iter_range(one.key, start=0, length=one.size))
            dataset = read(content)
            assert dataset.SOPInstanceUID == one.sop_instance_uid
            assert dataset.SOPClassUID == one.sop_class_uid
            assert dataset.StudyInstanceUID == study.study_instance_uid
            assert dataset.SeriesInstanceUID == study.series.get().series_instance_uid
            assert dataset.PatientID == study.patient
            assert (dataset.Rows, dataset.Columns) == (one.rows, one.columns)
            assert content[:128] == bytes(128)
            assert one.key.startswith(f"images/{image.pk}/")
        stored = everything_stored(media)
        for identity in (b"Sentinel", b"1.2.3.4\0", *(uid.encode() for uid in originals)):
            assert identity not in stored

    def test_patients_and_studies_stay_together_in_one_archive_only(self, archive: Archive) -> None:
        first = import_dicom(archive, *series()).images.get()
        second = import_dicom(archive, *series()).images.get()
        other = import_dicom(make_archive(), *series()).images.get()
        studies = [one.instances.all()[0].series.study for one in (first, second, other)]
        assert studies[0] == studies[1]
        assert studies[0].patient != studies[2].patient
        assert studies[0].study_instance_uid != studies[2].study_instance_uid

    def test_an_archive_may_keep_none(self, archive: Archive, user: User) -> None:
        change_deidentification(actor=user, archive=archive, options=[], keep_instances=False)
        source = import_dicom(archive, *series())
        assert source.images.count() == 1
        assert not Instance.objects.exists()
        assert source.deidentification["files"] == 5

    def test_whoever_sees_the_image_reads_them(self, archive: Archive, user: User) -> None:
        image = import_dicom(archive, *series()).images.get()
        client = sign_in(Client(), user)
        address = reverse("api:image-dicom-instances", args=[image.pk])
        listed = client.get(address).json()["instances"]
        assert len(listed) == 5
        request = listed[0]["get_instance"]
        path = "/" + request["url"].split("/", 3)[3]
        dataset = read(b"".join(Client().get(path).streaming_content))  # type: ignore[attr-defined]
        assert dataset.SOPInstanceUID == listed[0]["sop_instance_uid"]
        assert dataset.PatientIdentityRemoved == "YES"


class TestSettings:
    def test_options_change_what_later_imports_keep(self, archive: Archive, user: User) -> None:
        strict = import_dicom(archive, *series()).images.get()
        address = reverse("archives:deidentification", args=[archive.pk])
        chosen = ["retain_patient_characteristics", "retain_modified_dates"]
        client = sign_in(Client(), user)
        assert client.get(address).status_code == 200
        body = {"options": chosen, "keep_instances": "on"}
        assert client.post(address, body).status_code == 302
        open_ = import_dicom(archive, *series()).images.get()
        ages, dates = [], []
        for image in (strict, open_):
            one = image.instances.all()[0]
            dataset = read(b"".join(get_store().iter_range(one.key, start=0, length=one.size)))
            ages.append(str(dataset.get("PatientAge", "")))
            dates.append(str(dataset.get("StudyDate", "")))
        assert ages == ["", "044Y"]
        assert dates[0] == ""
        assert dates[1] not in ("", "20200131")
        page = client.get(address).content.decode()
        assert page.count("checked") == 3
        event = Event.objects.get(name="archives.archive.deidentification_changed")
        assert event.data["before"]["options"] == "none"
        assert event.data["after"]["options"] == ", ".join(sorted(chosen))
        assert event.actor_id == user.pk

    def test_the_secret_is_sealed_and_told_nowhere(self, archive: Archive, user: User) -> None:
        import_dicom(archive, *series())
        found = deidentification_settings("archive", archive.pk)
        secret = found.sealed_secret
        change_deidentification(
            actor=user, archive=archive, options=[], keep_instances=True, renew_secret=True
        )
        found.refresh_from_db()
        assert found.sealed_secret != secret
        told = json.dumps([event.data for event in Event.objects.all()])
        assert secret not in told
        assert found.sealed_secret not in told
        page = sign_in(Client(), user).get(reverse("archives:deidentification", args=[archive.pk]))
        assert found.sealed_secret not in page.content.decode()
        other = import_dicom(archive, *series()).images.get()
        assert Study.objects.count() == 2, "a new secret makes new pseudonyms"
        assert other.instances.count() == 5

    def test_a_secret_that_cannot_be_opened_stops_imports(
        self, archive: Archive, settings: LazySettings
    ) -> None:
        deidentification_settings("archive", archive.pk)
        settings.SECRET_KEY = "another key than the one it was sealed with"
        source = import_dicom(archive, *series())
        assert source.state == "FAILED"
        assert "secret" in source.message
        assert not Image._base_manager.exists()

    def test_it_goes_with_its_archive(self, archive: Archive, user: User) -> None:
        deidentification_settings("archive", archive.pk)
        delete_archive(actor=user, archive=archive)
        assert not DeidentificationSettings.objects.filter(scope="archive").exists()


class TestReport:
    def test_an_import_tells_what_was_removed(self, archive: Archive, user: User) -> None:
        source = import_dicom(archive, *series())
        report = source.deidentification
        assert (report["files"], report["options"]) == (5, [])
        assert report["edition"]
        rows = {row["attribute"]: row for row in report["attributes"]}
        assert rows["StudyDescription"]["action"] == "removed"
        assert rows["PatientName"]["action"] == "replaced"
        assert SENTINEL not in json.dumps(report)
        client = sign_in(Client(), user)
        page = client.get(reverse("images:import", args=[source.pk])).content.decode()
        assert "What was removed" in page
        assert "StudyDescription" in page
        shown = client.get(reverse("api:upload-session-detail", args=[source.pk])).json()
        assert shown["deidentification"] == report
        assert shown["waiting_images"] == 0


def nifti() -> bytes:
    return _written(
        "image.nii", {"descrip": SENTINEL, "aux_file": SENTINEL, "intent_name": SENTINEL}
    )


def nrrd() -> bytes:
    return _written("image.nrrd", {"PatientName": SENTINEL})


def metaimage() -> bytes:
    content = _written("image.mha", {})
    return content.replace(b"ElementType", f"Comment = {SENTINEL}\nElementType".encode(), 1)


def png() -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", SENTINEL)
    buffer = io.BytesIO()
    _picture().save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


def jpeg() -> bytes:
    exif = Picture.Exif()
    exif[0x010E] = SENTINEL
    exif[0x013B] = SENTINEL
    exif.get_ifd(0x8825)[29] = SENTINEL  # GPS
    buffer = io.BytesIO()
    _picture().save(buffer, "JPEG", exif=exif, comment=SENTINEL)
    return buffer.getvalue()


def tiff() -> bytes:
    tags = ImageFileDirectory_v2()
    for tag in (270, 305, 315, 33432):  # description, program, artist, copyright
        tags[tag] = SENTINEL
    buffer = io.BytesIO()
    _picture().save(buffer, "TIFF", tiffinfo=tags)
    return buffer.getvalue()


def _picture() -> Picture.Image:
    pixels = np.random.default_rng(1).integers(0, 255, (20, 16, 3)).astype(np.uint8)
    return Picture.fromarray(pixels)


def _written(name: str, notes: dict[str, str]) -> bytes:
    image = SimpleITK.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    for key, value in notes.items():
        image.SetMetaData(key, value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        SimpleITK.WriteImage(image, str(path))
        return path.read_bytes()


@pytest.mark.parametrize("make", [nifti, nrrd, metaimage, png, jpeg, tiff])
def test_comments_of_other_formats_do_not_get_in(
    make: Any, user: User, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    archive, content = make_archive(editor=user), make()
    assert SENTINEL.encode() in content
    ending = {"nifti": "nii", "metaimage": "mha"}.get(make.__name__, make.__name__)
    upload = make_upload(owner=user, content=content, filename=f"{SENTINEL}.{ending}")
    with django_capture_on_commit_callbacks(execute=True):  # the upload is deleted then
        source = start_import(
            owner=user, destination="archive", destination_id=archive.pk, uploads=[upload]
        )
        run_import(source.pk)
    image = Image.objects.get(source=source)
    assert archive.items.get().images == [image]
    assert SENTINEL.encode() not in everything_stored(media)
    assert SENTINEL not in archive.items.get().title
    assert source.files.get().path == f"{SENTINEL}.{ending}", "the uploader knows their own name"
