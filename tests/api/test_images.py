"""Images and imports over the API, field by field as clients know them."""

from typing import Any

import pytest

from app.accounts.models import User
from app.images.models import ImageFile, Import
from app.images.services import run_import
from archives.models import Archive
from tests.api.conftest import Api
from tests.factories.archives import make_archive, make_item
from tests.factories.images import add_file, make_image, make_upload, metaimage_bytes

pytestmark = pytest.mark.django_db
SESSION = {
    "pk", "creator", "status", "error_message", "image_set", "api_url", "user_uploads", "uploads",
}  # fmt: skip
"""What gcapi 0.16 requires of an upload session; further keys are ignored."""


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user)


def begin(api: Api, archive: Archive, *contents: bytes) -> dict[str, Any]:
    uploads = [make_upload(owner=api.user, content=content) for content in contents]
    sent = {
        "archive": f"http://testserver/api/v1/archives/{archive.pk}/",
        "uploads": [f"http://testserver/api/v1/uploads/{upload.pk}/" for upload in uploads],
    }
    made: dict[str, Any] = api.post("cases/upload-sessions/", sent)
    return made


class TestImages:
    def test_a_volume(self, api: Api, archive: Archive) -> None:
        image = make_image(window_center=40.0, window_width=400.0)
        make_item(archive, image=image)
        shown = api.get(f"cases/images/{image.pk}/")
        (file,) = shown.pop("files")
        assert file["image_type"] == "MHD"
        assert file["image"] == shown["api_url"]
        assert file["file"].startswith("http://testserver/media/")
        assert file["file"].endswith(".mha")
        assert {
            key: shown[key] for key in shown if key not in {"created", "origin", "direction"}
        } == {
            "pk": str(image.pk),
            "name": "Thorax",
            "dicom_image_set": None,
            "width": 5,
            "height": 6,
            "depth": 4,
            "color_space": "GRAY",
            "modality": {"modality": "CT"},
            "eye_choice": "NA",
            "stereoscopic_choice": None,
            "field_of_view": None,
            "shape_without_color": [4, 6, 5],
            "shape": [4, 6, 5],
            "voxel_width_mm": 0.5,
            "voxel_height_mm": 0.8,
            "voxel_depth_mm": 2.5,
            "api_url": f"http://testserver/api/v1/cases/images/{image.pk}/",
            "window_center": 40.0,
            "window_width": 400.0,
            "segments": None,
        }

    def test_a_color_picture_without_spacing(self, api: Api, archive: Archive) -> None:
        image = make_image(
            size=[7, 3, 1], components=3, color_space="RGB", modality="", spacing_valid=False
        )
        make_item(archive, image=image)
        shown = api.get(f"cases/images/{image.pk}/")
        assert (shown["shape_without_color"], shown["shape"]) == ([3, 7], [3, 7, 3])
        assert (shown["depth"], shown["modality"]) == (None, None)
        assert {shown[f"voxel_{axis}_mm"] for axis in ("width", "height", "depth")} == {None}
        assert (shown["window_center"], shown["window_width"]) == (None, None)

    def test_a_volume_over_time(self, api: Api, archive: Archive) -> None:
        image = make_image(timepoints=9)
        make_item(archive, image=image)
        assert api.get(f"cases/images/{image.pk}/")["shape"] == [9, 4, 6, 5]

    def test_files_by_type(self, api: Api, archive: Archive) -> None:
        image = make_image()
        add_file(image, kind=ImageFile.Kind.TIFF, content=b"II*\0")
        add_file(image, kind=ImageFile.Kind.SLICES, content=b"pack")
        make_item(archive, image=image)
        shown = api.get(f"cases/images/{image.pk}/")["files"]
        assert sorted(file["image_type"] for file in shown) == ["MHD", "TIFF"]


class TestUploadSessions:
    def test_from_uploads_to_images(self, api: Api, archive: Archive) -> None:
        made = begin(api, archive, metaimage_bytes(), b"no image")
        assert set(made) >= SESSION
        assert (made["status"], made["image_set"], made["creator"]) == ("Queued", [], api.user.pk)
        assert len(made["uploads"]) == 2
        run_import(made["pk"])
        done = api.get(made["api_url"])
        assert done["status"] == "Succeeded"
        assert done["progress"] == {
            "stage": "", "fetched": 2, "looked_at": 2, "done": 2, "total": 2, "percent": 100,
        }  # fmt: skip
        (image,) = done["image_set"]
        assert api.get(f"cases/images/?origin={made['pk']}")["results"][0]["api_url"] == image

    def test_what_became_of_every_file(self, api: Api, archive: Archive) -> None:
        made = begin(api, archive, metaimage_bytes(), b"")
        run_import(made["pk"])
        rows = api.get(made["files"])
        assert rows["count"] == 2
        failed = api.get(f"{made['files']}?outcome=FAILED")["results"]
        assert [(row["code"], row["image"]) for row in failed] == [("EmptyFile", None)]
        assert failed[0]["message"]
        assert failed[0]["advice"]
        (used,) = api.get(f"{made['files']}?outcome=USED")["results"]
        assert api.get(used["image"])["api_url"] == used["image"]
        assert api.get(f"{made['files']}?outcome=nonsense")["results"] == []

    def test_cancelled_and_tried_again(self, api: Api, archive: Archive) -> None:
        made = begin(api, archive, metaimage_bytes())
        assert api.post(f"{made['api_url']}cancel/", None, status=200)["status"] == "Cancelled"
        assert api.post(f"{made['api_url']}cancel/", None, status=409)["code"]
        assert api.post(f"{made['api_url']}retry/", None, status=200)["status"] == "Queued"
        run_import(made["pk"])
        assert Import.objects.get(pk=made["pk"]).state == Import.State.SUCCEEDED
        assert archive.items.count() == 1

    def test_others_find_nothing(self, api: Api, other: Api, archive: Archive) -> None:
        made = begin(api, archive, metaimage_bytes())
        for path in (made["api_url"], made["files"]):
            other.get(path, status=404)
        for verb in ("cancel", "retry"):
            other.post(f"{made['api_url']}{verb}/", None, status=404)
