"""Files that people bring: a DICOM folder, archives that are none, containers of every kind."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app.images.phantom import Phantom, generate, write_dicom_series
from app.web.walkthrough.reference import otsu_mask, pack_ground_truth
from tests.factories.containers import shell_image

SHAPE = (40, 128, 128)  # z, y, x


@dataclass(frozen=True)
class Samples:
    """Makes each file once, when it is asked for first."""

    folder: Path

    @cached_property
    def phantom(self) -> Phantom:
        return generate(seed=31, shape=SHAPE)

    @cached_property
    def series(self) -> Path:
        """A folder of DICOM files of one series."""
        folder = self.folder / "series"
        write_dicom_series(self.phantom, folder, patient="Thorax 31")
        return folder

    @cached_property
    def mixed(self) -> Path:
        """The series, a text file that calls itself DICOM, and a DICOM file cut off."""
        folder = self.folder / "mixed"
        written = write_dicom_series(self.phantom, folder, patient="Thorax 31")
        (folder / "notes.dcm").write_text("Patient was very patient.\n" * 20)
        other = write_dicom_series(
            generate(seed=32, shape=(2, 128, 128), nodules=0),
            self.folder / "other",
            patient="Thorax 32",
        )
        half = other[0].read_bytes()[: other[0].stat().st_size // 2]
        (folder / "truncated.dcm").write_bytes(half)
        assert len(written) == SHAPE[0]
        return folder

    @cached_property
    def escaping_zip(self) -> Path:
        """A zip archive whose second entry would land outside."""
        path = self.folder / "escaping.zip"
        with zipfile.ZipFile(path, "w") as file:
            for source in sorted(self.series.iterdir()):
                file.write(source, f"series/{source.name}")
            file.writestr("../../outside.dcm", "not where it should be")
        return path

    @cached_property
    def no_image_tar(self) -> Path:
        """A tar archive that holds no container image."""
        path = self.folder / "holiday.tar"
        note = self.folder / "note.txt"
        note.write_text("no image here")
        with tarfile.open(path, "w") as tar:
            tar.add(note, arcname="note.txt")
        return path

    @cached_property
    def root_image(self) -> Path:
        """A container image that would run as root."""
        return shell_image("true", user="root").write(self.folder / "root.tar")

    def ground_truth(self, image: Path, *, case: str) -> Path:
        """The archive that the Dice evaluation reads, made without any of the demo's containers."""
        mask = self.folder / "mask.mha"
        otsu_mask(image, mask=mask)
        archive = self.folder / "truth.tar.gz"
        pack_ground_truth({case: mask}, archive=archive)
        return archive
