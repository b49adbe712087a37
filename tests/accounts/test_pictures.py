"""Pictures of people: hostile files are refused, and what is kept holds nothing but pixels."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from app.accounts.models import User
from app.accounts.services import set_picture
from app.core.errors import ValidationFailed
from app.core.pictures import MAX_BYTES, SIDE, clean_square
from tests.api.conftest import Api
from tests.factories.people import make_picture

PICTURE = "/account/picture/"


def sent(client: Client, data: bytes, name: str = "me.png") -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/png")
    return client.post(PICTURE, {"picture": file})


def png(width: int, height: int) -> bytes:
    """A PNG that says it is as large as that, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


class TestCleaning:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_any_of_the_formats_becomes_a_square(self, kind: str) -> None:
        clean = Image.open(io.BytesIO(clean_square(make_picture(kind=kind))))
        assert (clean.format, clean.size) == ("WEBP", (SIDE, SIDE))
        assert clean.getpixel((10, 10))[0] < 40
        assert clean.getpixel((SIDE - 10, 10))[0] > 215

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
    def test_any_kind_of_pixels(self, mode: str) -> None:
        out = io.BytesIO()
        Image.new(mode, (100, 100)).save(out, "JPEG" if mode == "CMYK" else "PNG")
        assert Image.open(io.BytesIO(clean_square(out.getvalue()))).size == (SIDE, SIDE)

    def test_transparency_is_kept(self) -> None:
        clean = Image.open(io.BytesIO(clean_square(make_picture(mode="RGBA"))))
        assert clean.getpixel((0, 0))[3] == 0

    def test_no_metadata_survives(self) -> None:
        exif = Image.Exif()
        exif[0x010F] = "CameraMaker"
        exif[0x8825] = {1: "N", 2: (51.0, 49.0, 0.0)}
        for kind in ("JPEG", "WEBP", "PNG"):
            data = make_picture(kind=kind, exif=exif, icc_profile=b"secret-profile", xmp=b"<x/>")
            assert b"CameraMaker" in data
            clean = clean_square(data + b"trailing-secret")
            assert not {b"CameraMaker", b"EXIF", b"ICCP", b"XMP "} & set(_chunks(clean))
            for word in (b"CameraMaker", b"secret"):
                assert word not in clean
            assert not Image.open(io.BytesIO(clean)).getexif()

    def test_turned_as_the_camera_says(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 3  # upside down
        clean = Image.open(io.BytesIO(clean_square(make_picture(kind="JPEG", exif=exif))))
        assert clean.getpixel((10, 10))[0] > 215

    def test_the_first_picture_of_a_film(self) -> None:
        frames = [Image.new("RGB", (100, 100), color) for color in ("red", "blue")]
        for kind in ("WEBP", "PNG"):
            out = io.BytesIO()
            frames[0].save(out, kind, save_all=True, append_images=frames[1:])
            clean = Image.open(io.BytesIO(clean_square(out.getvalue())))
            assert getattr(clean, "n_frames", 1) == 1
            assert clean.getpixel((9, 9))[0] > 200


class TestRefused:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<!doctype html><script>alert(1)</script>",
            b"GIF89a" + bytes(100),
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
            make_picture()[:60],
            png(100, 100)[:-30],
            bytes(1000),
        ],
    )
    def test_what_is_no_such_picture(self, data: bytes) -> None:
        with pytest.raises(ValidationFailed) as error:
            clean_square(data)
        assert "JPEG, PNG or WebP" in error.value.fields["picture"][0]

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
    def test_other_formats_are_not_even_tried(self, kind: str) -> None:
        with pytest.raises(ValidationFailed):
            clean_square(make_picture(kind=kind))

    @pytest.mark.parametrize("size", [(6000, 6000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
    def test_bombs_are_measured_and_not_decoded(
        self, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.core.pictures._redrawn", lambda opened: pytest.fail("decoded"))
        with pytest.raises(ValidationFailed) as error:
            clean_square(png(*size))
        assert "million pixels" in error.value.fields["picture"][0]

    def test_too_small_and_too_large(self) -> None:
        with pytest.raises(ValidationFailed) as error:
            clean_square(make_picture(size=(63, 200)))
        assert "smaller than 64" in error.value.fields["picture"][0]
        with pytest.raises(ValidationFailed) as error:
            clean_square(make_picture() + bytes(MAX_BYTES))
        assert "larger than 5 MB" in error.value.fields["picture"][0]

    def test_random_damage_is_no_server_error(self) -> None:
        for kind in ("PNG", "JPEG", "WEBP"):
            whole = make_picture(kind=kind)
            for place in range(0, len(whole), 7):
                broken = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
                try:
                    clean_square(broken)
                except ValidationFailed:
                    continue


@pytest.mark.django_db
class TestPages:
    def test_chosen_shown_changed_removed(
        self, signed_in: Client, user: User, media: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        assert "<img" not in signed_in.get("/profile/").content.decode()
        assert sent(signed_in, make_picture()).status_code == 302
        user.refresh_from_db()
        first = user.picture
        assert [path.name for path in media.glob("pictures/*")] == [f"{first}.webp"]
        assert user.picture_url.replace("&", "&amp;") in signed_in.get("/profile/").content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            sent(signed_in, make_picture(size=(80, 80)))
        user.refresh_from_db()
        assert user.picture != first
        assert len(list(media.glob("pictures/*"))) == 1
        with django_capture_on_commit_callbacks(execute=True):
            signed_in.post(reverse("people:clear_picture"))
        user.refresh_from_db()
        assert user.picture is None
        assert list(media.glob("pictures/*")) == []
        assert "<img" not in signed_in.get("/profile/").content.decode()

    def test_what_is_wrong_stands_on_the_form(self, signed_in: Client, user: User) -> None:
        for data, said in ((b"no", "JPEG, PNG or WebP"), (bytes(MAX_BYTES + 1), "5 MB")):
            page = sent(signed_in, data)
            assert page.status_code == 200
            assert said in page.content.decode()
        assert "required" in signed_in.post(PICTURE, {"picture": "text"}).content.decode()
        user.refresh_from_db()
        assert user.picture is None

    def test_the_address_in_pages_gives_the_picture(self, client: Client, user: User) -> None:
        set_picture(user=user, data=make_picture())
        answer = client.get(user.picture_url)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/webp"
        assert answer["Content-Disposition"].startswith("inline")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert client.get(user.picture_url[:-3] + "abc").status_code == 403

    def test_the_stable_address_is_for_whoever_is_signed_in(
        self, client: Client, user: User, stranger: User
    ) -> None:
        set_picture(user=user, data=make_picture())
        address = urlsplit(Api(user).get("profiles/users/self/")["mugshot"]).path
        assert address.startswith("/media/pictures/")
        assert client.get(address).status_code == 404
        client.force_login(stranger)
        assert client.get(address).status_code == 302
        before = address
        set_picture(user=user, data=make_picture())
        assert client.get(before).status_code == 404


def _chunks(webp: bytes) -> list[bytes]:
    found, place = [], 12
    while place < len(webp):
        size = struct.unpack("<I", webp[place + 4 : place + 8])[0]
        found.append(webp[place : place + 4])
        place += 8 + size + size % 2
    return found
