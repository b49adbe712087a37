"""Starter kits on samples of small images."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

from app.challenges.models import Phase, StarterKit
from app.challenges.services import add_kit_truth, choose_sample, download_kit
from archives.models import Archive
from tests.factories.archives import make_archive
from tests.factories.images import make_upload


def tarball(files: dict[str, bytes]) -> bytes:
    """A tar archive of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def masks_of(images: dict[str, bytes]) -> dict[str, bytes]:
    """The ground truth as the demo's evaluation reads it: a mask for each name of an image."""
    files = {f"masks/{name}.mha": mask for name, mask in images.items()}
    listing = {name: f"masks/{name}.mha" for name in images}
    return {"cases.json": json.dumps(listing).encode(), **files}


def make_kit(
    phase: Phase, *, archive: Archive | None = None, truth: dict[str, bytes] | None = None
) -> StarterKit:
    """A kit whose sample is an archive of one case, with ground truth if given."""
    admin = phase.challenge.memberships.filter(role="ADMIN")[0].user
    archive = archive or make_archive(editor=admin, cases=1)
    kit = choose_sample(actor=admin, phase=phase, archive=archive)
    if truth is not None:
        upload = make_upload(owner=admin, content=tarball(truth), filename="truth.tar.gz")
        kit = add_kit_truth(actor=admin, phase=phase, upload=upload)
    return kit


def kit_zip(phase: Phase) -> zipfile.ZipFile:
    """The kit as a participant downloads it."""
    admin = phase.challenge.memberships.filter(role="ADMIN")[0].user
    return zipfile.ZipFile(io.BytesIO(b"".join(download_kit(actor=admin, phase=phase))))


def unzip(archive: zipfile.ZipFile, folder: Path) -> Path:
    """Unpack with the modes that the zip says, as `unzip` does."""
    for info in archive.infolist():
        path = Path(archive.extract(info, folder))
        path.chmod(info.external_attr >> 16 & 0o777)
    return folder
