"""The way of an import, with the real converter and real files."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.core.errors import NotFound, TransitionNotAllowed, ValidationFailed
from app.core.ids import new_id
from app.core.states import transition
from app.core.storage import get_store
from app.images.models import Image, Import, ImportFile
from app.images.selectors import can_retry
from app.images.services import cancel_import, run_import, send_due_imports, start_import
from app.images.services.imports import MAX_ATTEMPTS
from app.images.services.staging import plan_files
from app.notifications.models import Notification
from app.uploads.models import UserUpload
from archives.models import Archive
from archives.services import delete_archive
from tests.factories.archives import make_archive
from tests.factories.images import make_image, make_import, make_upload, metaimage_bytes

State = Import.State
Outcome = ImportFile.Outcome


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user)


def begin(archive: Archive, *contents: bytes, names: tuple[str, ...] = (), **rest: Any) -> Import:
    """Queue an import of these contents into an archive of its editor."""
    owner = archive.memberships.get(role="EDITOR").user
    uploads = [
        make_upload(owner=owner, content=content, filename=names[i] if names else f"file{i}.mha")
        for i, content in enumerate(contents)
    ]
    return start_import(
        owner=owner, destination="archive", destination_id=archive.pk, uploads=uploads, **rest
    )


def finish(source: Import) -> Import:
    run_import(source.pk)
    source.refresh_from_db()
    return source


def zipped(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return content.getvalue()


def outcomes(source: Import) -> dict[str, str]:
    return dict(source.files.values_list("path", "outcome"))


class TestResults:
    def test_everything_used(
        self, archive: Archive, django_capture_on_commit_callbacks: Any
    ) -> None:
        source = begin(archive, metaimage_bytes())
        keys = [upload.key for upload in source.uploads.all()]
        assert not Image.objects.filter(source=source).exists()
        with django_capture_on_commit_callbacks(execute=True):
            finish(source)
        assert source.state == State.SUCCEEDED
        assert (source.finished_at is not None, source.lease_expires_at) == (True, None)
        image = source.images.get()
        assert (image.size, image.spacing) == ([5, 6, 4], [0.5, 0.8, 2.5])
        assert [item.images for item in archive.items.all()] == [[image]]
        assert outcomes(source) == {"file0.mha": Outcome.USED}
        assert not UserUpload.objects.exists()
        assert not any(get_store().exists(key) for key in keys)
        for file in image.files.all():
            assert get_store().size(file.key) == file.size
        message = Notification.objects.get(user=source.owner)
        assert (message.text, message.url) == (
            f"1 image imported into {archive.title}.",
            reverse("images:import", args=[source.pk]),
        )

    def test_partial_names_what_was_not_usable(self, archive: Archive) -> None:
        source = finish(begin(archive, metaimage_bytes(), b"no image", names=("a.mha", "b.dcm")))
        assert source.state == State.PARTIAL
        assert archive.items.count() == 1
        assert outcomes(source) == {"a.mha": Outcome.USED, "b.dcm": Outcome.FAILED}
        problem = source.files.get(path="b.dcm")
        assert problem.code
        assert problem.message

    def test_nothing_usable(self, archive: Archive) -> None:
        source = finish(begin(archive, b"no image", b""))
        assert source.state == State.FAILED
        assert source.message
        assert archive.items.count() == 0
        assert set(outcomes(source).values()) == {Outcome.FAILED}
        assert Notification.objects.get(user=source.owner).text == (
            f"An import into {archive.title} failed."
        )

    def test_an_upload_that_has_gone_is_said(self, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes(), metaimage_bytes(1), names=("a.mha", "b.mha"))
        gone = source.uploads.get(filename="b.mha")
        get_store().delete(gone.key)
        finish(source)
        assert source.state == State.PARTIAL
        assert source.files.get(path="b.mha").code == "UploadMissing"

    def test_files_of_a_zip_are_named_within_it(self, archive: Archive) -> None:
        content = zipped(**{"deep/a.mha": metaimage_bytes(), "deep/readme.txt": b"hello"})
        source = finish(begin(archive, content, names=("study.zip",)))
        assert outcomes(source)["study.zip/deep/a.mha"] == Outcome.USED
        assert "study.zip/deep/readme.txt" in outcomes(source)

    def test_the_page_tells_all(self, archive: Archive, client: Client, user: User) -> None:
        source = finish(begin(archive, metaimage_bytes(), b"no image", names=("a.mha", "b.dcm")))
        client.force_login(user)
        text = client.get(reverse("images:import", args=[source.pk])).content.decode()
        assert "b.dcm" in text
        assert source.files.get(path="b.dcm").message.split(".")[0] in text


class TestNames:
    @pytest.mark.parametrize(
        "path",
        [
            "../../etc/passwd",
            "/etc/passwd",
            "a" * 600,
            "<script>.mha",
            "тест/图像.mha",
            "..",
            "\\\\x",
        ],
    )
    def test_hostile_paths_are_only_shown(self, archive: Archive, path: str) -> None:
        source = begin(archive, metaimage_bytes(), names=("x.mha",))
        source.paths = {str(source.uploads.get().pk): path}
        source.save()
        finish(source)
        assert source.state == State.SUCCEEDED
        assert list(outcomes(source)) == [path[:500]]

    @pytest.mark.parametrize("name", ["..mha", "con", "a b&c;$(id).mha", "-rf.mha", "ä" * 200])
    def test_hostile_filenames(self, archive: Archive, name: str) -> None:
        source = finish(begin(archive, metaimage_bytes(), names=(name,)))
        assert outcomes(source) == {name: Outcome.USED}

    @pytest.mark.parametrize("paths", ['{"%s": "a\\u0000b"}', '{"%s": "\\ud800"}', "[1]", "{", "7"])
    def test_hostile_paths_from_the_form(
        self, archive: Archive, client: Client, user: User, paths: str
    ) -> None:
        upload = make_upload(owner=user)
        client.force_login(user)
        sent = paths % upload.pk if "%s" in paths else paths
        response = client.post(
            reverse("archives:import", args=[archive.pk]),
            {"uploads": str(upload.pk), "uploads_paths": sent},
        )
        assert response.status_code == 302
        assert finish(Import.objects.get()).state == State.SUCCEEDED

    def test_equal_names_stay_apart(self, archive: Archive) -> None:
        names = ("same.mha", "same.mha")
        source = finish(begin(archive, metaimage_bytes(0), metaimage_bytes(1), names=names))
        assert source.state == State.SUCCEEDED
        assert len(set(archive.items.values_list("title", flat=True))) == 2

    def test_entries_of_a_zip_that_lead_out_are_refused(self, archive: Archive) -> None:
        content = zipped(**{"../../evil.mha": metaimage_bytes(), "good.mha": metaimage_bytes(1)})
        source = finish(begin(archive, content, names=("bad.zip",)))
        assert source.state in {State.PARTIAL, State.FAILED}
        assert all("evil" not in item.title for item in archive.items.all())


class TestStart:
    def test_without_files(self, archive: Archive, user: User) -> None:
        with pytest.raises(ValidationFailed):
            start_import(owner=user, destination="archive", destination_id=archive.pk, uploads=[])

    def test_without_the_right_to_add(self, archive: Archive, stranger: User) -> None:
        upload = make_upload(owner=stranger)
        for destination, pk in (("archive", archive.pk), ("archive", new_id()), ("x", archive.pk)):
            with pytest.raises(NotFound):
                start_import(
                    owner=stranger, destination=destination, destination_id=pk, uploads=[upload]
                )
        assert not Import.objects.exists()


class TestDelivery:
    def test_delivered_twice_is_done_once(self, archive: Archive) -> None:
        source = finish(begin(archive, metaimage_bytes()))
        finish(source)
        assert (archive.items.count(), source.attempts) == (1, 1)
        assert Notification.objects.count() == 1

    def test_while_another_worker_has_it(self, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes())
        transition(source, State.RUNNING)
        finish(source)
        assert source.state == State.RUNNING
        assert not Image.objects.exists()

    @pytest.mark.django_db
    def test_unknown_imports_are_nothing(self) -> None:
        run_import(new_id())

    def test_cancelled_while_queued(self, archive: Archive, user: User) -> None:
        source = begin(archive, metaimage_bytes())
        cancel_import(actor=user, source=source)
        finish(source)
        assert source.state == State.CANCELLED
        assert archive.items.count() == 0
        with pytest.raises(TransitionNotAllowed):
            cancel_import(actor=user, source=source)

    def test_the_archive_is_deleted_meanwhile(self, archive: Archive, user: User) -> None:
        source = begin(archive, metaimage_bytes())
        delete_archive(actor=user, archive=archive)
        finish(source)
        assert source.state == State.FAILED
        assert "deleted" in source.message
        assert not Image.objects.exists()
        assert source.uploads.count() == 1, "the upload stays, so that it can be used elsewhere"
        assert list(get_store().list_objects("images/")) == []


class TestLostWorkers:
    def test_goes_back_to_the_queue(self, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes())
        over = timezone.now() - timedelta(seconds=1)
        transition(source, State.RUNNING, lease_expires_at=over, attempts=1)
        send_due_imports()
        source.refresh_from_db()
        assert (source.state, source.lease_expires_at) == (State.QUEUED, None)
        assert finish(source).state == State.SUCCEEDED
        assert source.attempts == 2

    def test_a_living_lease_is_left_alone(self, db: None) -> None:
        later = timezone.now() + timedelta(seconds=60)
        source = make_import(state=State.RUNNING, lease_expires_at=later)
        send_due_imports()
        source.refresh_from_db()
        assert source.state == State.RUNNING

    def test_gives_up_after_some_attempts(self, db: None) -> None:
        over = timezone.now() - timedelta(seconds=1)
        source = make_import(state=State.RUNNING, lease_expires_at=over, idle_attempts=MAX_ATTEMPTS)
        send_due_imports()
        source.refresh_from_db()
        assert source.state == State.FAILED
        assert Notification.objects.get(user=source.owner).text == "An import failed."

    def test_what_was_made_before_giving_up_is_delivered(self, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes(), metaimage_bytes(1), names=("a.mha", "b.mha"))
        over = timezone.now() - timedelta(seconds=1)
        transition(source, State.RUNNING, lease_expires_at=over, idle_attempts=MAX_ATTEMPTS)
        plan_files(source)
        image = make_image(source=source)
        source.made.create(key=new_id(), image_pk=image.pk)
        source.files.filter(path="a.mha").update(outcome=Outcome.USED, image=image)
        lost = source.made.create(key=new_id())
        get_store().put_bytes(b"half", key=f"images/{lost.image_pk}/x.mha")
        send_due_imports()
        source.refresh_from_db()
        assert source.state == State.PARTIAL
        assert [item.images for item in archive.items.all()] == [[image]]
        assert source.files.get(path="b.mha").code == "NotReached"
        assert not list(get_store().list_objects(f"images/{lost.image_pk}/"))

    def test_without_room_it_ends_with_the_reason(self, archive: Archive) -> None:
        source = begin(archive, metaimage_bytes())
        source.uploads.update(size=2**60)
        finish(source)
        assert source.state == State.FAILED
        assert "temporary disk space" in source.message
        assert can_retry(source)

    def test_what_the_broker_forgot_is_sent_again(
        self, db: None, django_capture_on_commit_callbacks: Any
    ) -> None:
        old, new = make_import(), make_import()
        long_ago = timezone.now() - timedelta(minutes=5)
        Import.objects.filter(pk=old.pk).update(modified=long_ago)
        with django_capture_on_commit_callbacks() as callbacks:
            send_due_imports()
        assert len(callbacks) == 1
        assert new.state == State.QUEUED


@pytest.mark.django_db(transaction=True)
class TestWhileRunning:
    @pytest.fixture
    def running(self, archive: Archive) -> Iterator[tuple[Import, Thread]]:
        """An import that a worker is at work on, in a thread of its own."""
        source = begin(archive, *[metaimage_bytes(seed) for seed in range(4)])

        def work() -> None:
            try:
                run_import(source.pk)
            finally:
                connection.close()

        thread = Thread(target=work)
        thread.start()
        deadline = monotonic() + 30
        while monotonic() < deadline:
            source.refresh_from_db()
            if source.state == State.RUNNING:
                break
        yield source, thread
        thread.join(timeout=60)

    def test_cancelled(self, running: tuple[Import, Thread], archive: Archive, user: User) -> None:
        source, thread = running
        cancel_import(actor=user, source=source)
        thread.join(timeout=60)
        source.refresh_from_db()
        assert source.state == State.CANCELLED
        assert archive.items.count() == 0
        assert not Image.objects.exists()
        assert list(get_store().list_objects("images/")) == []
        assert source.uploads.count() == 4

    def test_requeued_and_done_by_another(
        self, running: tuple[Import, Thread], archive: Archive
    ) -> None:
        source, thread = running
        transition(source, State.QUEUED, reason="lost worker", lease_expires_at=None)
        run_import(source.pk)
        thread.join(timeout=60)
        source.refresh_from_db()
        assert source.state == State.SUCCEEDED
        assert (archive.items.count(), Image.objects.count()) == (4, 4)
        assert len({item.title for item in archive.items.all()}) == 4

    def test_one_that_ends_meanwhile_keeps_no_other_waiting(self, archive: Archive) -> None:
        over = timezone.now() - timedelta(seconds=1)
        lost, ending = (begin(archive, metaimage_bytes()) for _ in range(2))
        for source in (lost, ending):
            transition(source, State.RUNNING, lease_expires_at=over)
        holds = Event()

        def end() -> None:
            with transaction.atomic():
                transition(ending, State.SUCCEEDED)
                holds.set()
                assert eventually(somebody_waits)
            connection.close()

        thread = Thread(target=end)
        thread.start()
        assert holds.wait(timeout=30)
        send_due_imports()
        thread.join(timeout=60)
        lost.refresh_from_db()
        ending.refresh_from_db()
        assert (lost.state, ending.state) == (State.QUEUED, State.SUCCEEDED)


def somebody_waits() -> bool:
    """Tell whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        if holds():
            return True
    return False
