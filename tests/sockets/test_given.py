"""Files given as values: pictures lose what their camera or program wrote about their origin."""

import hashlib
import io
from uuid import uuid4

import pytest
from PIL import Image

from app.core.storage import get_store
from app.sockets.services import Destination, GivenValue, ensure_socket, take_values
from app.uploads.models import UserUpload
from tests.factories.accounts import UserFactory
from tests.factories.images import make_upload

pytestmark = pytest.mark.django_db


def picture_about_somebody(format_name: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "SENTINEL"
    exif.get_ifd(0x8825)[29] = "SENTINEL"
    target = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 20, 20)).save(target, format_name, exif=exif)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thumbnail_is_kept_without_what_it_says_of_its_origin(kind: str) -> None:
    person = UserFactory()
    content = picture_about_somebody(kind)
    assert b"SENTINEL" in content
    upload = make_upload(owner=person, content=content, filename="thumbnail")
    path = f"thumbnail.{kind.lower()}"
    socket = ensure_socket(slug="thumbnail", title="Thumbnail", kind=kind, relative_path=path)
    destination = Destination("archive", uuid4())
    given = [GivenValue(socket, upload=upload)]
    (value,) = take_values(actor=person, given=given, destination=destination)
    with get_store().open(value.file_key) as file:
        stored = file.read()
    assert b"SENTINEL" not in stored
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (value.file_size, value.sha256)
    assert Image.open(io.BytesIO(stored)).getpixel((3, 3)) == pytest.approx((200, 20, 20), abs=2)
    assert not UserUpload.objects.filter(pk=upload.pk).exists()
