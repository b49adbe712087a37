"""The demo's images: phantoms with known nodules, and small real files."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydicom.data import get_testdata_file

from app.accounts.models import User
from app.images.models import Import
from app.images.phantom import Phantom, generate, write_dicom_series
from app.images.services import run_import, start_import
from app.uploads.services import adopt_file
from archives.models import Archive
from archives.services import create_archive

REAL_FILES = ("CT_small.dcm", "MR_small.dcm")


def phantom_archive(*, owner: User) -> Archive:
    """Make the archive of the researcher: one full-size phantom and two small real images."""
    archive = create_archive(
        actor=owner,
        title="Thorax CT phantoms",
        description="A made-up chest with known nodules, and two small real images.",
    )
    with tempfile.TemporaryDirectory() as scratch:
        files = write_dicom_series(generate(seed=1), Path(scratch))
        import_files(owner=owner, archive=archive, files=files)
    real = [Path(str(get_testdata_file(name))) for name in REAL_FILES]
    import_files(owner=owner, archive=archive, files=real)
    return archive


def hidden_archive(*, owner: User, phantoms: Iterable[Phantom]) -> Archive:
    """Make the hidden test archive of the organizer."""
    archive = create_archive(
        actor=owner,
        title="Hidden nodule test set",
        description="Test cases of the nodule challenge. Participants never see them.",
    )
    for phantom in phantoms:
        with tempfile.TemporaryDirectory() as scratch:
            files = write_dicom_series(phantom, Path(scratch), patient=f"TEST{phantom.seed}")
            import_files(owner=owner, archive=archive, files=files)
    return archive


def import_files(*, owner: User, archive: Archive, files: Iterable[Path]) -> Import:
    """Import local files into an archive, here and now."""
    uploads = [adopt_file(owner=owner, path=path) for path in files]
    source = start_import(
        owner=owner, destination="archive", destination_id=archive.pk, uploads=uploads
    )
    run_import(source.pk)
    source.refresh_from_db()
    if source.state not in {Import.State.SUCCEEDED, Import.State.PARTIAL}:
        raise RuntimeError(f"The demo's images could not be imported: {source.message}")
    return source
