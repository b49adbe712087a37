"""What a worker tells of a container's two streams, as people read it."""

from datetime import UTC, datetime

import pytest

from app.execution.executors import LogChunk
from app.execution.executors.log_account import Stream
from app.execution.gateway.local import LocalGateway
from app.execution.selectors import job_log
from app.execution.services.following import Follower
from tests.execution.worker_side import build_spec, claimed, reloaded
from tests.factories.execution import job_kind, make_job

pytestmark = pytest.mark.django_db(transaction=True)


def told(*pieces: tuple[Stream, bytes]) -> str:
    """Return the log that the portal has of a run which wrote these pieces."""
    job = make_job()
    with job_kind(build_spec=build_spec):
        gateway = LocalGateway()
        follower = Follower(gateway, claimed(gateway, job))
        for stream, content in pieces:
            follower.logged([LogChunk(stream=stream, at=datetime.now(UTC), content=content)])
        follower.report()
    return job_log(reloaded(job))[0]


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([("stdout", b"[1, 2"), ("stderr", b"No memory\n")], "[1, 2\nNo memory\n"),
        ([("stdout", b"[1, 2\n"), ("stderr", b"No memory\n")], "[1, 2\nNo memory\n"),
        ([("stdout", b"half a "), ("stdout", b"line\n")], "half a line\n"),
        ([("stdout", b"a"), ("stderr", b""), ("stdout", b"b")], "ab"),
        ([("stderr", b"x"), ("stdout", b"y"), ("stderr", b"z")], "x\ny\nz"),
    ],
)
def test_a_stream_that_breaks_into_a_line_begins_its_own(
    pieces: list[tuple[Stream, bytes]], text: str
) -> None:
    assert told(*pieces) == text


def test_a_character_whose_halves_the_other_stream_parts_stays_whole() -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    pieces: list[tuple[Stream, bytes]] = [
        ("stdout", b"caf" + first), ("stderr", b"!\n"), ("stdout", second),
    ]  # fmt: skip
    assert told(*pieces) == "caf\n!\né"
