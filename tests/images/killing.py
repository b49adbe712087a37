"""An import whose worker is killed again and again at random moments, from a stored seed."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from app.core.storage import get_store
from app.images.models import Image, ImageFile, Import, ImportFile, Instance
from app.images.services import send_due_imports, start_import
from app.uploads.models import UserUpload
from archives.models import Archive, ArchiveItem
from tests.factories.images import make_upload
from tests.servers import database_url
from tests.synthetic import dicom

ROOT = Path(__file__).resolve().parents[2]
SLICES = 8
TICK = 0.02  # seconds
WORKER = (
    "import sys, django; django.setup(); "
    "from app.images.services import run_import; run_import(sys.argv[1])"
)
CELERY = ["-m", "celery", "-A", "config", "worker", "-Q", "imports", "-P", "solo", "-l", "ERROR"]


@dataclass
class Trial:
    """What is imported and how often its worker dies; ``celery`` runs a real worker."""

    files: int
    kills: int
    seed: int
    celery: bool = False
    fates: dict[str, str] = field(default_factory=dict)
    """Path → the series it belongs to, or nothing for a file that is no image."""
    killed: list[dict[str, Any]] = field(default_factory=list)


def begin(trial: Trial, archive: Archive) -> Import:
    """Upload series, a zip with further ones and files that are none, and start their import."""
    owner = archive.memberships.get(role="EDITOR").user
    uploads, paths = [], {}
    for path, content in _files(trial):
        upload = make_upload(owner=owner, content=content, filename=path.rsplit("/", 1)[-1])
        uploads.append(upload)
        paths[str(upload.pk)] = path
    return start_import(
        owner=owner,
        destination="archive",
        destination_id=archive.pk,
        uploads=uploads,
        paths=paths,
    )


def run(trial: Trial, source: Import, *, media: Path) -> dict[str, Any]:
    """Kill the worker ``trial.kills`` times, let the last one finish; return what happened."""
    luck = random.Random(trial.seed)
    shares = sorted(luck.uniform(0.02, 0.95) for _ in range(trial.kills))
    started = time.monotonic()
    for number, share in enumerate(shares):
        early = luck.random() < 0.2 and number % 3 == 0
        target = 0 if early else int(share * trial.files)
        process = _start(trial, source, media=media)
        _kill_at(trial, source, process, target=target, delay=luck.uniform(0, 0.4))
        _hand_back(source)
    process = _start(trial, source, media=media)
    while process.poll() is None and not _read(source).is_finished:
        _tick(process)
    if trial.celery:
        process.terminate()  # a warm shutdown: what it is doing, it finishes
    process.wait()
    return {
        "files": trial.files,
        "seed": trial.seed,
        "kills": trial.killed,
        "attempts": _read(source).attempts,
        "seconds": round(time.monotonic() - started, 1),
    }


def check(trial: Trial, source: Import, archive: Archive) -> dict[str, int]:
    """Assert that every image is there once, every file accounted for, and nothing left over."""
    source.refresh_from_db()
    assert source.state == Import.State.PARTIAL, (source.state, source.message)
    rows = source.files.exclude(outcome=ImportFile.Outcome.OPENED)
    assert Counter(rows.values_list("path", flat=True)) == Counter(trial.fates.keys())
    made: dict[str, set[Any]] = {}
    for path, outcome, image in rows.values_list("path", "outcome", "image_id"):
        series = trial.fates[path]
        wanted = ImportFile.Outcome.USED if series else ImportFile.Outcome.FAILED
        assert outcome == wanted, (path, outcome)
        if series:
            made.setdefault(series, set()).add(image)
    assert all(len(images) == 1 for images in made.values())
    images = {image for found in made.values() for image in found}
    assert len(images) == len(made) == len(set(trial.fates.values()) - {""})
    assert set(Image.objects.values_list("pk", flat=True)) == images
    held = ArchiveItem.objects.filter(archive=archive).values_list("values__image_id", flat=True)
    assert Counter(held) == Counter(images)
    assert all(image.size[2] == SLICES for image in Image.objects.all())
    _check_storage(source)
    left = list(Path(tempfile.gettempdir()).glob(f"hounsfield-import-{source.pk}*"))
    assert left == []
    return {
        "images": len(images),
        "rows": rows.count(),
        "not usable": len(trial.fates) - 8 * len(images),
    }


def _check_storage(source: Import) -> None:
    store = get_store()
    stored = {found.key: found.size for found in store.list_objects("images/")}
    kept_files = dict(Instance.objects.values_list("key", "size"))
    assert stored == dict(ImageFile.objects.values_list("key", "size")) | kept_files
    for file in ImageFile.objects.filter(kind=ImageFile.Kind.MHA):
        with store.open(file.key) as content:
            assert hashlib.sha256(content.read()).hexdigest() == file.sha256
    kept = {upload.key for upload in UserUpload.objects.all()}
    assert {found.key for found in store.list_objects("uploads/")} == kept
    failed = source.files.filter(outcome=ImportFile.Outcome.FAILED)
    assert len(kept) == failed.filter(upload__isnull=False).values("upload").distinct().count()
    assert not source.made.filter(delivered_at=None).exists()


def _files(trial: Trial) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents: a tenth no images, a tenth in one zip, the others in series."""
    bad = max(2, trial.files // 14)
    zipped = max(1, trial.files // 10 // SLICES)
    loose = (trial.files - bad) // SLICES - zipped
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(loose):
            folder = f"study/{number:04d}"
            for name, content in _series(Path(scratch) / f"{number}", seed=number):
                yield _known(trial, f"{folder}/{name}", series=folder), content
        pack = io.BytesIO()
        with zipfile.ZipFile(pack, "w") as target:
            for number in range(zipped):
                folder = f"inner/{number:04d}"
                for name, content in _series(Path(scratch) / f"z{number}", seed=9000 + number):
                    _known(trial, f"more.zip/{folder}/{name}", series=f"zip/{folder}")
                    target.writestr(f"{folder}/{name}", content)
        yield "more.zip", pack.getvalue()
    for number in range(trial.files - len(trial.fates)):
        content = (b"", b"no image at all", b"\0" * 128 + b"DICM" + b"\xff" * 60)[number % 3]
        yield _known(trial, f"notes/{number:04d}.dcm", series=""), content


def _known(trial: Trial, path: str, *, series: str) -> str:
    trial.fates[path] = series
    return path


def _series(folder: Path, *, seed: int) -> Iterator[tuple[str, bytes]]:
    made = dicom.classic(dicom.volume(SLICES, 24, 20, seed=seed))
    for path in dicom.save(made, folder):
        yield path.name, path.read_bytes()


def _start(trial: Trial, source: Import, *, media: Path) -> subprocess.Popen[bytes]:
    command = CELERY if trial.celery else ["-c", WORKER, str(source.pk)]
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": database_url(),
            "STORAGE_URL": f"file://{media}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kill_at(
    trial: Trial, source: Import, process: subprocess.Popen[bytes], *, target: int, delay: float
) -> None:
    """Kill the worker ``delay`` seconds after it has the import and settled ``target`` files."""
    while True:
        now = _read(source)
        if now.is_finished or process.poll() is not None:
            raise AssertionError(f"The import ended before it was killed: {now.state}")
        if now.state == Import.State.RUNNING and now.done_files >= target:
            break
        _tick(process)
    _tick(process, delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    now = _read(source)
    trial.killed.append({"stage": now.stage, "fetched": now.fetched_files, "done": now.done_files})


def _hand_back(source: Import) -> None:
    """Do what the reconciler does once the lease of a dead worker is over."""
    Import.objects.filter(pk=source.pk, state=Import.State.RUNNING).update(
        lease_expires_at=timezone.now()
    )
    send_due_imports()


def _read(source: Import) -> Import:
    return Import.objects.get(pk=source.pk)


def _tick(process: subprocess.Popen[bytes], seconds: float = TICK) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return
