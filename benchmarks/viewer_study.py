"""The CT that the viewer's benchmarks show: real slices, as many as a thorax has.

28 axial slices of 512 x 512 (a phantom on a Philips scanner, ../shared/data/ct_axial_philips) are
repeated there and back along z. No noise is added: every codec here works on single slices, which
compress 4.8 times (single clinical slices: 3.6 to 4.8). The slices lie 0.625 mm apart.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from app.images.conversion import ConvertedImage
from app.images.conversion.child import run_conversion
from tests.data import DATA

sitk: Any = SimpleITK
SERIES = "ct_axial_philips"
SLICES = 500
SPACING = 0.625
AIR = -1024
_ROOT_UID = "1.2.826.0.1.3680043.10.1338"
STUDY_UID, SERIES_UID = f"{_ROOT_UID}.1", f"{_ROOT_UID}.1.1"


@dataclass(frozen=True)
class Study:
    """One volume in all its forms."""

    series: Path
    """A folder of uncompressed DICOM files, one per slice, named by their numbers."""
    converted: ConvertedImage
    """The MetaImage that the portal's own import makes of it."""
    pixels: NDArray[np.int16]
    """(z, y, x) in HU, read back from that MetaImage."""

    @property
    def size(self) -> int:
        """Bytes of all pixels."""
        return self.pixels.nbytes

    def digests(self) -> list[str]:
        """Return the SHA-256 of every slice's pixels."""
        return [hashlib.sha256(plane.tobytes()).hexdigest() for plane in self.pixels]


def make_study(folder: Path, *, slices: int = SLICES) -> Study:
    """Write the series and import it."""
    series = folder / "series"
    write_series(real_slices(folder), series, slices=slices)
    report = run_conversion(series, folder / "images")
    if len(report.images) != 1:
        raise RuntimeError(f"The series was not one image: {report.issues[:3]}")
    converted = report.images[0]
    pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(converted.path)))
    if pixels.shape != (slices, 512, 512) or pixels.dtype != np.int16:
        raise RuntimeError(f"Another volume came out: {pixels.shape} {pixels.dtype}")
    return Study(series=series, converted=converted, pixels=pixels)


def real_slices(folder: Path) -> NDArray[np.int16]:
    """Return the real slices, (z, y, x) in HU."""
    if DATA is None:
        raise RuntimeError("The real CT is missing: name its folder in HOUNSFIELD_DATA.")
    report = run_conversion(DATA / SERIES, folder / "real")
    pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(report.images[0].path)))
    shutil.rmtree(folder / "real")
    return np.ascontiguousarray(pixels.astype(np.int16))


def there_and_back(count: int, *, slices: int) -> Iterator[int]:
    """Yield 0 … count - 1 … 0 … for so many slices."""
    turn = [*range(count), *range(count - 2, 0, -1)]
    return (turn[number % len(turn)] for number in range(slices))


def write_series(real: NDArray[np.int16], folder: Path, *, slices: int) -> None:
    """Write the tiled volume as scanners do: one file per slice, unsigned 12 bits from -1024 HU."""
    folder.mkdir(parents=True)
    frame = _template()
    stored = [np.asarray(plane - AIR, dtype=np.uint16).tobytes() for plane in real]
    for number, which in enumerate(there_and_back(len(real), slices=slices)):
        uid = sop_uid(number)
        frame.file_meta.MediaStorageSOPInstanceUID = uid
        frame.SOPInstanceUID = uid
        frame.InstanceNumber = number + 1
        frame.ImagePositionPatient = [-115.5, -115.5, number * SPACING]
        frame.PixelData = stored[which]
        frame.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)


def sop_uid(number: int) -> str:
    """Return the instance UID of slice ``number``."""
    return f"{SERIES_UID}.{number + 1}"


def _template() -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    frame = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    values: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "PatientID": "BENCHMARK",
        "PatientName": "Benchmark^Viewer",
        "StudyInstanceUID": STUDY_UID,
        "SeriesInstanceUID": SERIES_UID,
        "FrameOfReferenceUID": f"{_ROOT_UID}.2",
        "Modality": "CT",
        "StudyDate": "20260101",
        "StudyTime": "120000",
        "StudyID": "1",
        "SeriesNumber": 1,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.451171875, 0.451171875],
        "SliceThickness": SPACING,
        "Rows": 512,
        "Columns": 512,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleSlope": 1,
        "RescaleIntercept": AIR,
        "WindowCenter": 40,
        "WindowWidth": 400,
    }
    for keyword, value in values.items():
        setattr(frame, keyword, value)
    return frame


def read_frame(path: Path) -> NDArray[np.int16]:
    """Return a file's pixels in HU."""
    frame = pydicom.dcmread(path)
    return np.asarray(frame.pixel_array.astype(np.int32) + AIR, dtype=np.int16)
