"""Images whose pixels may show who the patient is: who sees them, and what reviewers decide."""

import io
from typing import Any

import numpy as np
import pytest
import SimpleITK
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import NotFound, TransitionNotAllowed, ValidationFailed
from app.core.storage import get_store
from app.images.models import Image, ImageFile, ImportFile, Instance, Quarantine, Series, Study
from app.images.selectors import get_image_for, served_image_file
from app.images.services import (
    accept_images,
    mask_image,
    reject_images,
    send_due_maskings,
    start_masking,
)
from app.notifications.models import Notification
from app.sockets.selectors import medical_image_socket
from archives.models import Archive
from archives.services import add_item, delete_archive
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.archives import make_archive
from tests.factories.quarantine import (
    FRAMES,
    HEIGHT,
    WIDTH,
    capture,
    import_dicom,
    make_quarantined,
    read,
    ultrasound,
)
from tests.synthetic import dicom

State = Quarantine.State
Commits = Any


@pytest.fixture
def editor(db: None) -> User:
    return UserFactory()


@pytest.fixture
def uploader(db: None) -> User:
    return UserFactory()


@pytest.fixture
def reader(db: None) -> User:
    return UserFactory()


@pytest.fixture
def archive(editor: User, uploader: User, reader: User) -> Archive:
    return make_archive(editor=editor, members={"UPLOADER": uploader, "USER": reader})


@pytest.fixture
def waiting(archive: Archive, uploader: User) -> Quarantine:
    return make_quarantined(archive, owner=uploader)


def client_of(user: User) -> Client:
    return sign_in(Client(), user)


def stored(kind: str, image: Image) -> bytes:
    file = ImageFile.objects.get(image=image, kind=kind)
    return b"".join(get_store().iter_range(file.key, start=0, length=file.size))


def pixels_of(image: Image, folder: Any) -> Any:
    path = folder / f"{ImageFile.objects.get(image=image, kind='MHA').pk}.mha"
    path.write_bytes(stored("MHA", image))
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


class TestHolding:
    def test_what_may_show_a_name_waits_and_nothing_refers_to_it(
        self, archive: Archive, waiting: Quarantine
    ) -> None:
        assert (waiting.state, waiting.cause) == (State.WAITING, "Ultrasound")
        assert waiting.image is not None
        assert waiting.image.quarantined_at is not None
        assert waiting.image.size == [WIDTH, HEIGHT, 1]
        assert not Image.objects.exists()
        assert not archive.items.exists()
        assert not waiting.image.socket_values.exists()

    @pytest.mark.parametrize(
        ("change", "cause"),
        [
            ({"BurnedInAnnotation": "YES"}, "BurnedInAnnotation"),
            ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "ScreenSave"),
        ],
    )
    def test_any_slice_that_says_so_holds_the_whole_series(
        self, archive: Archive, change: dict[str, Any], cause: str
    ) -> None:
        series = dicom.classic(dicom.volume())
        for keyword, value in change.items():
            for one in series:
                setattr(one, keyword, value)
        source = import_dicom(archive, *series)
        assert source.quarantined.get().cause == cause

    def test_a_series_that_gives_no_reason_is_published(self, archive: Archive) -> None:
        source = import_dicom(archive, *dicom.classic(dicom.volume()))
        assert not source.quarantined.exists()
        assert [item.images for item in archive.items.all()] == [[source.images.get()]]

    def test_the_rest_of_an_import_does_not_wait(self, archive: Archive) -> None:
        source = import_dicom(archive, *dicom.classic(dicom.volume()), capture(), ultrasound())
        assert (source.state, source.quarantined.count()) == ("SUCCEEDED", 2)
        assert archive.items.count() == 1

    def test_reviewers_are_told_once_per_import(
        self, archive: Archive, editor: User, uploader: User, reader: User
    ) -> None:
        import_dicom(archive, capture(), ultrasound(), owner=uploader)
        told = Notification.objects.filter(kind="images.quarantine.waiting")
        assert [one.user for one in told] == [editor]
        assert told[0].text.startswith("2 images wait")
        page = client_of(editor).get(told[0].url)
        assert page.content.count(b"data-review=") == 2


class TestDoors:
    """Nobody but a reviewer sees a quarantined image, by any address."""

    @pytest.mark.parametrize("role", ["reader", "uploader", "stranger", "editor", "administrator"])
    def test_every_address_of_an_image_hides_it(
        self, role: str, waiting: Quarantine, request: pytest.FixtureRequest
    ) -> None:
        if role == "administrator":
            user = UserFactory(is_superuser=True, is_staff=True)
        else:
            user = UserFactory() if role == "stranger" else request.getfixturevalue(role)
        client, image = client_of(user), waiting.image
        assert image is not None
        files = list(ImageFile.objects.filter(image=image))
        assert {file.kind for file in files} == {"MHA", "THUMBNAIL", "PREVIEW"}
        hidden = [
            reverse("images:detail", args=[image.pk]),
            reverse("viewer:open", args=["image", image.pk]),
            reverse("api:image-detail", args=[image.pk]),
            reverse("api:image-dicom-instances", args=[image.pk]),
            *(file.url for file in files),
        ]
        assert {client.get(address).status_code for address in hidden} == {404}
        assert client.get(reverse("api:image-list")).json()["count"] == 0
        assert not Image.objects.visible_to(user).exists()
        assert not Image.objects.usable_by(user).exists()
        for file in files:
            with pytest.raises(NotFound):
                served_image_file(user, file.pk)

    @pytest.mark.parametrize("role", ["reader", "uploader"])
    def test_pages_around_it_show_no_picture_and_no_link(
        self, role: str, archive: Archive, waiting: Quarantine, request: pytest.FixtureRequest
    ) -> None:
        client, image = client_of(request.getfixturevalue(role)), waiting.image
        assert image is not None
        keys = ImageFile.objects.filter(image=image).values_list("key", flat=True)
        pages = [
            reverse("archives:detail", args=[archive.pk]),
            reverse("web:home"),
            reverse("api:archive-item-list"),
            reverse("images:imports"),
            reverse("api:upload-session-list"),
        ]
        if role == "uploader":
            imported = reverse("images:import", args=[waiting.source_id])
            exported = reverse("images:import_files", args=[waiting.source_id, "json"])
            files = reverse("api:upload-session-files", args=[waiting.source_id])
            pages += [imported, f"{imported}?outcome=all", exported, files]
        for address in pages:
            answer = client.get(address)
            content = answer.getvalue() if answer.streaming else answer.content
            text = content.decode()
            assert str(image.pk) not in text, address
            assert not any(key in text for key in keys), address

    @pytest.mark.parametrize("role", ["reader", "uploader"])
    def test_review_is_for_reviewers(
        self, role: str, archive: Archive, waiting: Quarantine, request: pytest.FixtureRequest
    ) -> None:
        client = client_of(request.getfixturevalue(role))
        looked = [
            reverse("images:review", args=[waiting.pk]),
            reverse("images:review_frame", args=[waiting.pk, 0]),
            reverse("images:review_queue", args=["archive", archive.pk]),
        ]
        assert {client.get(address).status_code for address in looked} == {404}
        for verb in ("accept", "mask", "reject"):
            address = reverse(f"images:review_{verb}", args=[waiting.pk])
            assert client.post(address, {"note": "x"}).status_code == 404
        assert b"data-review" not in client.get(reverse("images:reviews")).content
        waiting.refresh_from_db()
        assert waiting.state == State.WAITING

    def test_editors_of_other_archives_review_nothing_here(self, waiting: Quarantine) -> None:
        other = make_archive()
        client = client_of(other.memberships.get().user)
        assert client.get(reverse("images:review", args=[waiting.pk])).status_code == 404
        assert b"data-review" not in client.get(reverse("images:reviews")).content

    def test_it_cannot_be_placed_elsewhere(self, editor: User, waiting: Quarantine) -> None:
        assert waiting.image is not None
        with pytest.raises(NotFound):
            get_image_for(editor, waiting.image.pk, action="use")

    def test_no_slice_pack_is_made_before_it_is_accepted(
        self,
        archive: Archive,
        editor: User,
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            waiting = make_quarantined(archive)
        assert not ImageFile.objects.filter(kind="SLICES").exists()
        with django_capture_on_commit_callbacks(execute=True) as sent:
            accept_images(actor=editor, chosen=[waiting])
        assert sent


class TestReviewPage:
    def test_every_frame_is_reachable(self, editor: User, waiting: Quarantine) -> None:
        client = client_of(editor)
        page = client.get(reverse("images:review", args=[waiting.pk]), {"frame": "0"})
        assert page.status_code == 200
        assert f"Frame 1 of {FRAMES}" in page.content.decode()
        sent = ultrasound().pixel_array
        for number in range(FRAMES):
            answer = client.get(reverse("images:review_frame", args=[waiting.pk, number]))
            assert answer["Cache-Control"] == "private, no-store"
            picture = np.array(Picture.open(io.BytesIO(answer.content)))
            assert np.array_equal(picture, sent[number])
        beyond = reverse("images:review_frame", args=[waiting.pk, FRAMES])
        assert client.get(beyond).status_code == 404

    def test_faint_writing_can_be_made_visible(self, archive: Archive, editor: User) -> None:
        pixels = np.zeros((HEIGHT, WIDTH), np.uint16)
        pixels[:, :5] = 4000
        pixels[2:4, 2:4] = 4001
        waiting = import_dicom(archive, dicom.picture(pixels)).quarantined.get()
        address = reverse("images:review_frame", args=[waiting.pk, 0])
        client = client_of(editor)
        plain, faint = (
            np.array(Picture.open(io.BytesIO(client.get(address + query).content))).astype(int)
            for query in ("", "?faint")
        )
        assert abs(plain[2, 2] - plain[0, 0]) < 2
        assert abs(faint[2, 2] - faint[0, 0]) > 100

    def test_the_archive_says_that_something_waits(
        self, archive: Archive, editor: User, uploader: User, reader: User, waiting: Quarantine
    ) -> None:
        address = reverse("archives:detail", args=[archive.pk])
        queue = reverse("images:review_queue", args=["archive", archive.pk])
        shown = {
            name: client_of(user).get(address).content.decode()
            for name, user in (("editor", editor), ("uploader", uploader), ("reader", reader))
        }
        assert "1 image waits for review" in shown["editor"]
        assert queue in shown["editor"]
        assert "1 image waits for review" in shown["uploader"]
        assert queue not in shown["uploader"]
        assert "waits for review" not in shown["reader"]


class TestAccepting:
    def test_the_image_is_published_where_it_was_going(
        self, archive: Archive, editor: User, reader: User, waiting: Quarantine
    ) -> None:
        address = reverse("images:review_accept", args=[waiting.pk])
        answer = client_of(editor).post(address)
        assert answer.status_code == 302
        image = archive.items.get().images[0]
        assert image.quarantined_at is None
        assert Image.objects.visible_to(reader).get() == image
        waiting.refresh_from_db()
        assert (waiting.state, waiting.decided_by) == (State.ACCEPTED, editor)
        event = Event.objects.get(name="images.quarantine.accepted")
        assert (event.actor_id, event.data["image"]) == (editor.pk, str(image.pk))
        assert client_of(editor).post(address).status_code == 404

    def test_a_whole_series_at_once(self, archive: Archive, editor: User) -> None:
        first, second, other = capture(), capture(seed=6), capture(seed=7)
        for one in (first, second):
            one.StudyInstanceUID, one.SeriesInstanceUID = "1.2.3", "1.2.3.4"
        source = import_dicom(archive, first, second, other)
        assert source.quarantined.count() == 3
        chosen = source.quarantined.exclude(series="").order_by("series").values("series")
        series = [row["series"] for row in chosen]
        repeated = next(uid for uid in series if series.count(uid) == 2)
        waiting = source.quarantined.filter(series=repeated).first()
        assert waiting is not None
        address = reverse("images:review_accept", args=[waiting.pk])
        client_of(editor).post(address, {"series": "1"})
        assert archive.items.count() == 2
        assert source.quarantined.open().count() == 1

    def test_a_case_gets_its_image_when_it_is_accepted(
        self, archive: Archive, editor: User
    ) -> None:
        item = add_item(actor=editor, archive=archive, title="Case", values=[])
        details = {"socket": medical_image_socket().slug, "name": ""}
        source = import_dicom(
            archive,
            ultrasound(),
            destination="archive-item",
            destination_id=item.pk,
            details=details,
        )
        assert not item.values.exists()
        address = reverse("archives:detail", args=[archive.pk])
        page = client_of(editor).get(address).content.decode()
        assert page.count("waits for review") == 2  # of the archive, and of the case
        accept_images(actor=editor, chosen=[source.quarantined.get()])
        assert item.values.get().image == source.images.get()

    def test_nothing_is_decided_twice(self, editor: User, waiting: Quarantine) -> None:
        stale = Quarantine.objects.get(pk=waiting.pk)
        accept_images(actor=editor, chosen=[waiting])
        with pytest.raises(TransitionNotAllowed):
            reject_images(actor=editor, chosen=[stale], note="late")
        assert Image.objects.count() == 1


class TestRejecting:
    def test_bytes_and_rows_go(
        self,
        archive: Archive,
        editor: User,
        waiting: Quarantine,
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        image = waiting.image
        assert image is not None
        keys = [row.key for row in [*image.files.all(), *image.instances.all()]]
        assert len(keys) == 4
        address = reverse("images:review_reject", args=[waiting.pk])
        assert client_of(editor).post(address, {"note": ""}).status_code == 400
        with django_capture_on_commit_callbacks(execute=True):
            client_of(editor).post(address, {"note": "Shows a name."})
        assert not any(get_store().exists(key) for key in keys)
        assert not Image._base_manager.filter(pk=image.pk).exists()
        assert not archive.items.exists()
        assert (Instance.objects.count(), Series.objects.count(), Study.objects.count()) == (
            0,
            0,
            0,
        )
        file = ImportFile.objects.get(source=waiting.source)
        assert (file.outcome, file.code) == (ImportFile.Outcome.FAILED, "Rejected")
        assert "Shows a name." in file.message
        event = Event.objects.get(name="images.quarantine.rejected")
        assert (event.actor_id, event.data["note"]) == (editor.pk, "Shows a name.")

    def test_a_deleted_archive_leaves_nothing_waiting(
        self,
        archive: Archive,
        editor: User,
        waiting: Quarantine,
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        keys = list(ImageFile.objects.values_list("key", flat=True))
        with django_capture_on_commit_callbacks(execute=True):
            delete_archive(actor=editor, archive=archive)
        assert not Image._base_manager.exists()
        assert not any(get_store().exists(key) for key in keys)


class TestMasking:
    RECTANGLES = ((0, 0, 4, 3), (6, 8, 4, 4))

    def form(self, *rectangles: tuple[int, int, int, int]) -> dict[str, list[int]]:
        columns = zip(*rectangles, strict=True)
        return dict(zip(("x", "y", "width", "height"), map(list, columns), strict=True))

    @pytest.fixture(params=["ultrasound", "capture"])
    def held(self, request: pytest.FixtureRequest, archive: Archive) -> Quarantine:
        made = {"ultrasound": ultrasound, "capture": capture}[request.param]
        return import_dicom(archive, made()).quarantined.get()

    def test_all_bytes_are_masked_and_the_old_ones_go(
        self,
        held: Quarantine,
        editor: User,
        tmp_path: Any,
        django_capture_on_commit_callbacks: Commits,
    ) -> None:
        image = held.image
        assert image is not None
        before = pixels_of(image, tmp_path)
        old = [row.key for row in [*image.files.all(), *image.instances.all()]]
        thumbnail, preview = stored("THUMBNAIL", image), stored("PREVIEW", image)
        histogram = image.metadata["histogram"]
        address = reverse("images:review_mask", args=[held.pk])
        with django_capture_on_commit_callbacks(execute=True):
            answer = client_of(editor).post(address, self.form(*self.RECTANGLES))
            assert answer.status_code == 302
            held.refresh_from_db()
            assert held.state == State.MASKING
            assert client_of(editor).get(answer["Location"]).status_code == 200
            mask_image(held.pk)
        held.refresh_from_db()
        assert (held.state, held.problem) == (State.WAITING, "")
        assert held.rectangles == [list(one) for one in self.RECTANGLES]
        dark = np.zeros((HEIGHT, WIDTH), bool)
        for x, y, width, height in self.RECTANGLES:
            dark[y : y + height, x : x + width] = True
        after = pixels_of(image, tmp_path)
        frames = (-1, HEIGHT, WIDTH, *before.shape[3:]) if before.ndim > 2 else (1, HEIGHT, WIDTH)
        if before.shape[-1] == 3:
            frames = (-1, HEIGHT, WIDTH, 3)
        before, after = before.reshape(frames), after.reshape(frames)
        black = 0 if before.shape[-1] == 3 else before.min()
        assert (after[:, dark] == black).all()
        assert np.array_equal(after[:, ~dark], before[:, ~dark])
        instance = image.instances.get()
        content = b"".join(get_store().iter_range(instance.key, start=0, length=instance.size))
        kept = read(content).pixel_array.reshape(frames)
        assert (kept[:, dark] == 0).all()
        assert np.array_equal(kept[:, ~dark], before[:, ~dark])
        assert stored("THUMBNAIL", image) != thumbnail
        assert stored("PREVIEW", image) != preview
        image.refresh_from_db()
        assert image.metadata["histogram"] != histogram
        assert not any(get_store().exists(key) for key in old)
        event = Event.objects.get(name="images.quarantine.masked")
        assert event.actor_id == editor.pk
        assert event.data["rectangles"] == [list(one) for one in self.RECTANGLES]
        accept_images(actor=editor, chosen=[held])
        assert Image.objects.get().metadata["masked"] == held.rectangles

    @pytest.mark.parametrize(
        "rectangle", [(-1, 0, 2, 2), (0, 0, 0, 2), (9, 0, 2, 2), (0, 11, 1, 2), (0, 0, 99, 99)]
    )
    def test_rectangles_outside_are_refused(
        self, rectangle: tuple[int, int, int, int], editor: User, waiting: Quarantine
    ) -> None:
        with pytest.raises(ValidationFailed):
            start_masking(actor=editor, quarantine=waiting, rectangles=[rectangle])
        address = reverse("images:review_mask", args=[waiting.pk])
        answer = client_of(editor).post(address, self.form(rectangle))
        assert answer.status_code == 400
        assert f'value="{rectangle[2]}"'.encode() in answer.content
        waiting.refresh_from_db()
        assert waiting.state == State.WAITING

    @pytest.mark.parametrize("words", [("", "", "", ""), ("a", "1", "1", "1"), ("1", "1", "", "1")])
    def test_what_is_no_rectangle_is_refused_with_a_reason(
        self, words: tuple[str, ...], editor: User, waiting: Quarantine
    ) -> None:
        given = dict(zip(("x", "y", "width", "height"), words, strict=True))
        address = reverse("images:review_mask", args=[waiting.pk])
        answer = client_of(editor).post(address, given)
        assert answer.status_code == 400
        assert b"Not masked" in answer.content

    def test_a_masking_runs_once(self, editor: User, waiting: Quarantine) -> None:
        start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
        mask_image(waiting.pk)
        keys = set(ImageFile.objects.values_list("key", flat=True))
        mask_image(waiting.pk)
        assert set(ImageFile.objects.values_list("key", flat=True)) == keys

    def test_lost_bytes_end_the_masking_with_a_reason(
        self, editor: User, waiting: Quarantine
    ) -> None:
        start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
        file = ImageFile.objects.get(kind="MHA")
        get_store().delete(file.key)
        mask_image(waiting.pk)
        waiting.refresh_from_db()
        assert waiting.state == State.WAITING
        assert waiting.problem
        assert waiting.rectangles == []

    def test_a_masking_that_the_broker_forgot_is_sent_again(
        self, editor: User, waiting: Quarantine, django_capture_on_commit_callbacks: Commits
    ) -> None:
        start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
        old = waiting.created.replace(year=2020)
        Quarantine.objects.filter(pk=waiting.pk).update(modified=old)
        with django_capture_on_commit_callbacks() as sent:
            send_due_maskings()
        assert len(sent) == 1
        Quarantine.objects.filter(pk=waiting.pk).update(lease_expires_at=old, attempts=3)
        send_due_maskings()
        waiting.refresh_from_db()
        assert (waiting.state, bool(waiting.problem)) == (State.WAITING, True)

    def test_what_is_being_masked_is_not_accepted(self, editor: User, waiting: Quarantine) -> None:
        start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
        with pytest.raises(TransitionNotAllowed):
            accept_images(actor=editor, chosen=[waiting])
        assert not Image.objects.exists()
