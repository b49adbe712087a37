"""Archives of model weights: what is taken, what is refused, and that nothing is stored twice."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable

import pytest

from app.core.storage import get_store
from app.execution.contract import ArchiveLimits, ContainerArchiveError
from app.execution.contract.weights import inspect_weights
from app.execution.models import ModelWeights
from app.execution.services import create_model_weights, validate_model_weights
from app.execution.services.model_weights import model_address
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_job
from tests.factories.images import make_upload

State = ModelWeights.State
Captured = Callable[..., "object"]


def packed(*members: tarfile.TarInfo | str, mode: str = "w:gz") -> bytes:
    """An archive of members; a name alone is a small file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, str):
                found = tarfile.TarInfo(member)
                found.size = 5
                tar.addfile(found, io.BytesIO(b"12345"))
            else:
                tar.addfile(member)
    return out.getvalue()


def entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def refusal(content: bytes, limits: ArchiveLimits | None = None) -> ContainerArchiveError:
    with pytest.raises(ContainerArchiveError) as caught:
        inspect_weights(io.BytesIO(content), limits)
    assert caught.value.message.endswith(".")
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_files_and_folders_are_taken(mode: str) -> None:
    content = packed(entry("nets", tarfile.DIRTYPE), "nets/a.bin", "./b.bin", mode=mode)
    found = inspect_weights(io.BytesIO(content))
    assert (found.files, found.unpacked_bytes) == (2, 10)
    assert found.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (packed(entry("a", tarfile.SYMTYPE, "/etc/passwd")), "links"),
        (packed("a", entry("b", tarfile.LNKTYPE, "a")), "links"),
        (packed(entry("a", tarfile.CHRTYPE)), "links"),
        (packed(entry("a", tarfile.FIFOTYPE)), "links"),
        (packed("../a"), "broken"),
        (packed("/etc/a"), "broken"),
        (packed("a", "./a"), "names"),
        (packed("a", "a/b"), "names"),
        (packed("a/b", "a"), "names"),
        (packed("a" * 300), "names"),
        (packed(), "empty"),
        (packed(entry("a", tarfile.DIRTYPE)), "empty"),
        (b"hello", "unreadable"),
        (packed("a")[:-20], "unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_leave_the_folder_or_cannot_be_read_is_refused(
    content: bytes, code: str
) -> None:
    assert refusal(content).code == code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ArchiveLimits(archive_bytes=20), "too_large"),
        (ArchiveLimits(unpacked_bytes=1000), "unpacks_too_large"),
        (ArchiveLimits(members=1), "too_many_entries"),
    ],
)
def test_its_bounds_hold(limits: ArchiveLimits, code: str) -> None:
    assert refusal(packed("a", "b"), limits).code == code


@pytest.mark.parametrize(
    ("content", "limits"),
    [
        (b"PK\x03\x04" * 300, None),
        (b"\x28\xb5\x2f\xfd" * 300, None),
        (packed("../a"), None),
        (packed("a", "b"), ArchiveLimits(archive_bytes=20)),
        (packed("a", "b"), ArchiveLimits(unpacked_bytes=1000)),
        (packed("a", "b"), ArchiveLimits(members=1)),
    ],
    ids=["zip", "zstd", "outside", "large", "bomb", "many"],
)
def test_the_advice_is_about_weights(content: bytes, limits: ArchiveLimits | None) -> None:
    error = refusal(content, limits)
    for words in (error.message, error.advice):
        assert "docker" not in words
        assert "image" not in words


@pytest.mark.django_db
class TestUploaded:
    def upload(self, content: bytes) -> ModelWeights:
        owner = UserFactory()
        given = make_upload(owner=owner, content=content, filename="model.tar.gz")
        weights = create_model_weights(actor=owner, upload=given)
        validate_model_weights(weights.pk)
        weights.refresh_from_db()
        return weights

    def test_good_weights_become_ready(self) -> None:
        weights = self.upload(packed("a"))
        assert (weights.state, weights.files, weights.unpacked_bytes) == (State.READY, 1, 5)

    def test_bad_ones_are_refused_in_words(self) -> None:
        weights = self.upload(packed("../a"))
        assert (weights.state, weights.reason_code) == (State.INVALID, "broken")
        assert "tar" in weights.advice

    def test_the_same_bytes_are_stored_once(
        self, django_capture_on_commit_callbacks: Captured
    ) -> None:
        content = packed("a")
        first = self.upload(content)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            second = self.upload(content)
        assert second.key == first.key
        assert [found.key for found in get_store().list_objects("models/")].count(first.key) == 1
        assert ModelWeights.objects.filter(state=State.READY, key=first.key).count() == 2

    def test_a_job_is_told_where_its_weights_are(self) -> None:
        weights = self.upload(packed("a"))
        assert "models/" not in model_address(make_job())
        assert model_address(make_job(model=weights)).startswith("http")
