"""Results that were handed over are read once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.errors import Conflict
from app.core.storage import StorageUnavailable, get_store
from app.core.storage.folder import FolderStore
from app.execution.contract import OutputKind, OutputSlot, RunSpec
from app.execution.models import IncomingOutput, Job
from app.execution.services import (
    cancel_job,
    compare_outputs,
    concluding,
    job_limits,
    parsing,
    reproduce_job,
)
from app.execution.services.incoming import sweep_incoming
from app.execution.services.parsing import MAX_PARSES, parse_outputs
from app.execution.services.reconciling import reconcile
from app.execution.services.reproducing import build_reproduction_spec
from app.images.models import Image
from app.sockets.models import Socket, SocketValue
from app.sockets.services import ensure_socket, json_value
from app.uploads.asgi import PartReceiver
from tests.execution.worker_side import MANIFEST, build_spec, hand_over, reloaded
from tests.factories.algorithms import make_model_weights
from tests.factories.execution import job_kind, make_container_image, make_job
from tests.servers import asgi_server, s3_server

pytestmark = pytest.mark.django_db(transaction=True)
State = Job.State
HEADER = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    "DimSize = 2 2 2\nElementSpacing = 1 1 1\n"
    "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
)
MASK = HEADER.encode() + bytes([0, 1, 1, 0, 0, 1, 1, 0])
SCORE = b'{"score": 1}'
PDF = b"%PDF-1.4 hello %%EOF"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[None]:
    application = PartReceiver(get_application())  # type: ignore[arg-type]
    with asgi_server(application) as address:
        settings.SITE_URL = address
        yield


@pytest.fixture
def sockets(db: None) -> dict[str, Socket]:
    made = [
        ensure_socket(
            slug="result",
            title="Result",
            kind="JSON",
            relative_path="result.json",
            schema={"type": "object", "properties": {"score": {"type": ["number", "null"]}}},
        ),
        ensure_socket(slug="report", title="Report", kind="PDF", relative_path="report.pdf"),
        ensure_socket(
            slug="mask",
            title="Mask",
            kind="SEG",
            relative_path="images/mask",
            segments=[{"name": "Lung", "voxel_value": 1, "visible": True}],
        ),
    ]
    return {socket.slug: socket for socket in made}


@pytest.fixture(autouse=True)
def finished(sockets: dict[str, Socket]) -> Iterator[list[tuple[str, str]]]:
    slots = (
        OutputSlot(slug="result", relative_path="result.json", kind=OutputKind.JSON),
        OutputSlot(slug="mask", relative_path="mask", kind=OutputKind.IMAGE, optional=True),
        OutputSlot(slug="report", relative_path="r.pdf", kind=OutputKind.FILE, optional=True),
    )

    def described(job: Job) -> RunSpec:
        return replace(build_spec(job), outputs=slots, limits=job_limits(job))

    with job_kind(build_spec=described) as completions:
        yield completions


def handed_over(tmp_path: Path, **sent: bytes) -> Job:
    job = make_job()
    hand_over(job, tmp_path, sent={"result": SCORE, **sent})
    assert reloaded(job).state == State.PARSING
    return job


def stored(folder: str) -> list[str]:
    return [found.key for found in get_store().list_objects(folder)]


def test_values_images_and_files_become_values(
    tmp_path: Path, finished: list[tuple[str, str]]
) -> None:
    job = handed_over(tmp_path, mask=MASK, report=PDF)
    parse_outputs(job.pk)
    row = reloaded(job)
    assert row.state == State.SUCCEEDED, row.reason
    values = {value.socket.slug: value for value in row.outputs.all()}
    assert values["result"].value == {"score": 1}
    assert values["mask"].image.size == [2, 2, 2]
    assert b"".join(get_store().iter_range(values["report"].file_key)) == PDF
    assert finished == [(str(job.pk), State.SUCCEEDED)]
    assert stored("incoming") == []


@pytest.mark.services
def test_a_bucket_takes_results_as_the_folder_does(
    settings: Settings, tmp_path: Path, finished: list[Any]
) -> None:
    with s3_server() as url:
        settings.STORAGE_URL = url
        job = handed_over(tmp_path, mask=MASK, report=PDF)
        parse_outputs(job.pk)
        row = reloaded(job)
        assert row.state == State.SUCCEEDED, row.reason
        assert row.outputs.count() == 3
        assert stored("incoming") == []
        assert list(get_store().list_multiparts("incoming/")) == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"result": b"["}, "not valid JSON"),
        ({"result": b"[" * 5000 + b"]" * 5000}, "nested"),
        ({"result": b'{"score": "high"}'}, "does not fit its schema at score"),
        ({"mask": b"junk"}, "Mask"),
        ({"mask": HEADER.encode() + bytes([0, 9, 9, 9, 9, 9, 9, 9])}, "Mask"),
        ({"report": b"MZ not a document"}, "Report"),
    ],
    ids=["json", "deep", "schema", "image", "labels", "pdf"],
)
def test_what_does_not_fit_is_the_authors_to_mend(
    tmp_path: Path, finished: list[Any], sent: dict[str, bytes], said: str
) -> None:
    job = handed_over(tmp_path, **sent)
    parse_outputs(job.pk)
    row = reloaded(job)
    assert (row.state, row.reason_code) == (State.FAILED, "output")
    assert said in row.reason
    assert row.record["reason"]["code"] == "output"
    assert not row.outputs.exists()
    assert stored("incoming") == stored("images") == stored("values") == []
    assert finished == [(str(job.pk), State.FAILED)]


def test_numbers_that_are_none_become_null(tmp_path: Path) -> None:
    job = handed_over(tmp_path, result=b'{"score": NaN}')
    parse_outputs(job.pk)
    assert [value.value for value in reloaded(job).outputs.all()] == [{"score": None}]


def test_who_is_killed_half_way_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: list[Any]
) -> None:
    job = handed_over(tmp_path, mask=MASK, report=PDF)

    class Killed(BaseException):
        """What nobody can catch."""

    def die(outputs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(concluding, "publish_outputs", die)
        with pytest.raises(Killed):
            parse_outputs(job.pk)
    assert stored("images"), "it had stored something"
    parse_outputs(job.pk)
    assert reloaded(job).state == State.PARSING, "the dead one's lease still holds"
    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    parse_outputs(job.pk)
    assert reloaded(job).state == State.SUCCEEDED
    assert finished == [(str(job.pk), State.SUCCEEDED)]
    image = Image.objects.get()
    assert sorted(stored("images")) == sorted(file.key for file in image.files.all())
    assert len(stored("values")) == 1


def test_who_was_taken_for_dead_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: list[Any]
) -> None:
    job = handed_over(tmp_path)
    read, seen = parsing.read_output, []

    def slow(*args: Any, **options: Any) -> Any:
        found = read(*args, **options)
        if not seen:  # while it read, its lease ran out and another process did the work
            seen.append(1)
            Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            parse_outputs(job.pk)
        return found

    monkeypatch.setattr(parsing, "read_output", slow)
    parse_outputs(job.pk)
    assert reloaded(job).state == State.SUCCEEDED
    assert SocketValue.objects.count() == 1
    assert finished == [(str(job.pk), State.SUCCEEDED)]


def test_other_bytes_than_were_announced_are_our_fault_in_the_end(tmp_path: Path) -> None:
    job = handed_over(tmp_path)
    IncomingOutput.objects.update(sha256="0" * 64)
    for _ in range(MAX_PARSES):
        assert reloaded(job).state == State.PARSING
        parse_outputs(job.pk)
    row = reloaded(job)
    assert (row.state, row.reason_code) == (State.FAILED, "platform")
    assert stored("incoming") == []


def test_an_output_that_was_never_sent_is_no_success(tmp_path: Path) -> None:
    job = make_job()
    hand_over(job, tmp_path, sent={})
    parse_outputs(job.pk)
    assert reloaded(job).state == State.PARSING
    assert not reloaded(job).outputs.exists()


def test_a_job_that_is_cancelled_while_it_is_read_ends_so(
    tmp_path: Path, finished: list[Any]
) -> None:
    job = handed_over(tmp_path, report=PDF)
    cancel_job(actor=job.creator, job=job)
    parse_outputs(job.pk)
    assert reloaded(job).state == State.CANCELLED
    assert stored("incoming") == stored("values") == []
    assert finished == [(str(job.pk), State.CANCELLED)]


def test_what_the_broker_forgot_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = handed_over(tmp_path)
    messages: list[str] = []
    monkeypatch.setattr(parsing, "enqueue_on_commit", lambda task, pk: messages.append(str(pk)))
    reconcile()
    assert messages == []
    Job.objects.update(modified=timezone.now() - timedelta(minutes=1))
    reconcile()
    assert messages == [str(job.pk)]


def test_strays_are_swept_and_what_is_awaited_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over(tmp_path)
    get_store().put_bytes(b"x", key="incoming/stray")
    assert sweep_incoming() == 0
    monkeypatch.setattr("app.execution.services.incoming.STRAY_AFTER", timedelta(seconds=-5))
    assert sweep_incoming() == 1
    assert stored("incoming") == []
    parse_outputs(Job.objects.get().pk)
    assert Job.objects.get().state == State.SUCCEEDED


class TestReproducing:
    @pytest.fixture
    def original(self, tmp_path: Path) -> Job:
        age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
        image = make_container_image(digest="sha256:1", manifest=MANIFEST.as_record())
        job = make_job(container_image=image, limits={"memory": 64 * 2**20})
        job.inputs.set([json_value(socket=age, value=61)])
        hand_over(job, tmp_path, sent={"result": SCORE, "mask": MASK})
        parse_outputs(job.pk)
        return reloaded(job)

    def again(self, original: Job, tmp_path: Path, **sent: bytes) -> Job:
        job = reproduce_job(actor=original.creator, job=original)
        assert job.state == State.QUEUED
        hand_over(job, tmp_path, sent=sent)
        parse_outputs(job.pk)
        return reloaded(job)

    def test_the_same_comes_out_of_the_same(self, original: Job, tmp_path: Path) -> None:
        spaced = b'{  "score"  :1 }'
        commented = MASK.replace(b"NDims", b"Comment = 12:30\nNDims")
        job = self.again(original, tmp_path, result=spaced, mask=commented)
        assert job.state == State.SUCCEEDED, job.reason
        assert job.container_image == original.container_image
        assert list(job.inputs.all()) == list(original.inputs.all())
        assert job.record["limits"] == original.record["limits"]
        assert [(c.slug, c.agrees) for c in compare_outputs(job)] == [
            ("mask", True),
            ("result", True),
        ]

    def test_what_differs_is_named(self, original: Job, tmp_path: Path) -> None:
        job = self.again(original, tmp_path, result=b'{"score": 2}', mask=MASK)
        assert [(c.slug, c.agrees) for c in compare_outputs(job)] == [
            ("mask", True),
            ("result", False),
        ]

    def test_another_upload_of_the_same_image_will_do(self, original: Job) -> None:
        type(original.container_image).objects.update(state="RETIRED")
        twin = make_container_image(digest="sha256:1")
        job = reproduce_job(actor=original.creator, job=original)
        assert job.container_image == twin

    def test_another_upload_of_the_same_weights_will_do(self, original: Job) -> None:
        weights = make_model_weights(digest="sha256:2")
        Job.objects.filter(pk=original.pk).update(model=weights)
        type(weights).objects.update(state="RETIRED")
        with pytest.raises(Conflict, match="model weights"):
            reproduce_job(actor=original.creator, job=original)
        twin = make_model_weights(digest="sha256:2")
        job = reproduce_job(actor=original.creator, job=original)
        assert job.model == twin
        assert twin.key in build_reproduction_spec(job).model_url

    def test_nothing_agrees_before_it_has_run(self, original: Job) -> None:
        job = reproduce_job(actor=original.creator, job=original)
        assert not any(found.agrees for found in compare_outputs(job))


def test_who_was_taken_for_dead_takes_no_file_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had not begun to read when its lease ran out; another process published everything."""
    job = handed_over(tmp_path, mask=MASK, report=PDF)
    Job.objects.update(parses=1)
    seen = []

    class Slow:
        @property
        def objects(self) -> Any:
            if not seen:
                seen.append(1)
                Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
                parse_outputs(job.pk)
            return Socket.objects

    monkeypatch.setattr(parsing, "Socket", Slow())
    parse_outputs(job.pk)
    row = reloaded(job)
    assert (row.state, row.parses) == (State.SUCCEEDED, 3)
    assert len(stored("values")) == 1
    image = Image.objects.get()
    assert sorted(stored("images")) == sorted(file.key for file in image.files.all())


@pytest.mark.parametrize("report", [PDF, b"MZ not a document"], ids=["used", "refused"])
def test_what_an_end_left_in_storage_goes_a_little_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: bytes
) -> None:
    """The process died, or the storage was away, right after the job had ended."""
    job = handed_over(tmp_path, mask=MASK, report=report)
    used = report == PDF

    def away(store: FolderStore, key: str) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "delete", away)
        parse_outputs(job.pk)
    assert reloaded(job).state == (State.SUCCEEDED if used else State.FAILED)
    assert stored("incoming")
    IncomingOutput.objects.update(modified=timezone.now() - timedelta(minutes=5))
    reconcile()
    assert stored("incoming") == []
    assert not IncomingOutput.objects.exists()
    assert bool(stored("images")) == used
    assert bool(stored("values")) == used
