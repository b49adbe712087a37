"""The logo and the banner of a challenge: hostile files are refused, and strangers see neither."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.models import Challenge
from app.challenges.services import clone_challenge, set_pictures
from app.core.errors import ValidationFailed
from app.core.pictures import MAX_BYTES, picture_key
from app.core.storage import get_store
from tests.accounts.test_pictures import png
from tests.factories.accounts import sign_in
from tests.factories.challenges import make_challenge
from tests.factories.people import make_picture

pytestmark = pytest.mark.django_db
WORDS = {"logo": "A lung", "banner": "CT slices in a row"}


@pytest.fixture
def challenge(user: User) -> Challenge:
    return make_challenge(admin=user)


def give(challenge: Challenge, user: User, **pictures: bytes | None) -> Challenge:
    return set_pictures(actor=user, challenge=challenge, pictures=pictures, words=WORDS)


def stored(pk: Any) -> Image.Image:
    with get_store().open(picture_key(pk)) as file:
        return Image.open(io.BytesIO(file.read()))


def files() -> int:
    return sum(1 for _ in get_store().list_objects("pictures/"))


def file(data: bytes, name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_drawn_anew_in_bounded_sizes(
    challenge: Challenge, user: User, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    data = make_picture(size=(2400, 900), kind=kind, exif=exif)
    give(challenge, user, logo=data, banner=data)
    challenge.refresh_from_db()
    logo, banner = stored(challenge.logo), stored(challenge.banner)
    assert [(one.format, one.size) for one in (logo, banner)] == [
        ("WEBP", (512, 512)),
        ("WEBP", (1600, 400)),
    ]
    assert not logo.getexif()
    assert not banner.getexif()


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 100,
        png(60_000, 60_000),
        make_picture(size=(20, 20)),
        make_picture(size=(300, 300))[:200],
        b"\0" * (MAX_BYTES + 1),
        b"",
    ],
    ids=["svg", "gif", "bomb", "tiny", "cut off", "too large", "empty"],
)
def test_what_is_no_picture_is_refused_and_nothing_kept(
    challenge: Challenge, user: User, client: Client, data: bytes
) -> None:
    with pytest.raises(ValidationFailed) as raised:
        give(challenge, user, logo=make_picture(), banner=data)
    assert set(raised.value.fields) == {"banner"}
    sign_in(client, user)
    sent = {"banner": file(data), "banner_alt": "Slices"}
    shown = client.post(reverse("challenges:pictures", args=[challenge.pk]), sent)
    assert shown.status_code == 200
    assert "banner" in shown.context["form"].errors
    challenge.refresh_from_db()
    assert (challenge.logo, challenge.banner, files()) == (None, None, 0)


def test_a_picture_needs_words(challenge: Challenge, user: User) -> None:
    with pytest.raises(ValidationFailed) as raised:
        set_pictures(
            actor=user, challenge=challenge, pictures={"logo": make_picture()}, words={"logo": " "}
        )
    assert set(raised.value.fields) == {"logo_alt"}


def test_a_new_one_and_removing_delete_the_old(
    challenge: Challenge, user: User, django_capture_on_commit_callbacks: Any
) -> None:
    give(challenge, user, logo=make_picture())
    first = challenge.logo
    with django_capture_on_commit_callbacks(execute=True):
        give(challenge, user, logo=make_picture(size=(300, 300)))
    assert challenge.logo != first
    assert not get_store().exists(picture_key(first))  # type: ignore[arg-type]
    second = challenge.logo
    with django_capture_on_commit_callbacks(execute=True):
        give(challenge, user, logo=None)
    challenge.refresh_from_db()
    assert (challenge.logo, challenge.logo_alt, challenge.logo_url) == (None, "", "")
    assert not get_store().exists(picture_key(second))  # type: ignore[arg-type]
    assert Event.objects.filter(name="challenges.pictures.changed").count() == 3


def test_a_clone_has_none(challenge: Challenge, user: User) -> None:
    give(challenge, user, logo=make_picture(), banner=make_picture())
    made = clone_challenge(actor=user, challenge=challenge, title="Next")
    assert (made.logo, made.banner, made.logo_alt) == (None, None, "")


class TestSite:
    def test_chosen_shown_and_removed(
        self, challenge: Challenge, user: User, client: Client
    ) -> None:
        sign_in(client, user)
        address = reverse("challenges:pictures", args=[challenge.pk])
        assert "No pictures yet" in client.get(address).content.decode()
        sent = {"logo_alt": "A lung", "banner_alt": "Slices"}
        given = {"logo": file(make_picture()), "banner": file(make_picture())}
        assert client.post(address, {**sent, **given}).status_code == 302
        challenge.refresh_from_db()
        head = client.get(reverse("challenges:detail", args=[challenge.pk])).content.decode()
        assert 'alt="A lung"' in head
        assert 'alt="Slices"' in head
        for path in (reverse("challenges:list"), address):
            assert str(challenge.logo) in client.get(path).content.decode()
        answer = Client().get(challenge.banner_url)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
        assert Client().get(challenge.banner_url.partition("?")[0]).status_code == 403
        assert client.post(address, {**sent, "remove_logo": "on"}).status_code == 302
        challenge.refresh_from_db()
        assert challenge.logo is None
        assert challenge.banner is not None

    def test_strangers_get_neither(
        self, challenge: Challenge, user: User, stranger: User, client: Client
    ) -> None:
        give(challenge, user, logo=make_picture())
        sign_in(client, stranger)
        assert str(challenge.logo) not in client.get(reverse("challenges:list")).content.decode()
        assert client.get(reverse("challenges:pictures", args=[challenge.pk])).status_code == 404
        stable = reverse("delivery:file", args=["pictures", challenge.logo, "logo.webp"])
        assert client.get(stable).status_code == 404
