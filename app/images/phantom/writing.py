"""Write a phantom the way a scanner would, and its reference standard as a labelmap."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.phantom.generating import Phantom

_INTERCEPT = -1024
_NAMESPACE = uuid.UUID("7d0b9d0e-2f5e-4c6e-9c36-0f6a2f4f5a11")
_IMPLEMENTATION = UID("2.25.141219735812479081206523849512034412017")


def write_dicom_series(
    phantom: Phantom,
    folder: Path,
    *,
    patient: str = "PHANTOM",
    series_number: int = 1,
    description: str = "Thorax phantom",
) -> list[Path]:
    """Write one classic CT image file per slice (PS3.3 section A.3); return them, feet to head.

    Identifiers depend only on the phantom's seed, the patient and the series number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{phantom.seed}/{patient}/{series_number}/{phantom.geometry}"
    common = _series(phantom, patient=patient, series_number=series_number, name=name)
    common.SeriesDescription = description
    paths = []
    for index in range(phantom.volume.shape[0]):
        path = folder / f"CT{index + 1:04d}.dcm"
        _add_slice(common, phantom, index, name=name)
        common.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def write_mask(phantom: Phantom, path: Path) -> None:
    """Write the labelmap of the nodules as MetaImage, aligned with the series."""
    geometry = phantom.geometry
    header = MetaImageHeader(
        size=geometry.shape[::-1],
        spacing=geometry.spacing,
        origin=geometry.origin,
        axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        dtype=phantom.truth.dtype,
    )
    write_metaimage(path, header=header, blocks=phantom.truth)


def _uid(*parts: object) -> UID:
    """Return a UID under the UUID root (PS3.5 annex B.2), the same for the same parts."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, parts))).int}")


def _series(phantom: Phantom, *, patient: str, series_number: int, name: str) -> Dataset:
    geometry = phantom.geometry
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.StudyInstanceUID = _uid(phantom.seed, patient, "study")
    dataset.SeriesInstanceUID = _uid(name, "series")
    dataset.FrameOfReferenceUID = _uid(phantom.seed, patient, "frame of reference")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.Modality = "CT"
    dataset.Manufacturer = "Hounsfield"
    dataset.ManufacturerModelName = "Thorax phantom"
    dataset.PatientName = patient
    dataset.PatientID = patient
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.PatientPosition = "HFS"
    dataset.StudyID = "1"
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20260101"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "120000"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.PositionReferenceIndicator = ""
    dataset.SeriesNumber = series_number
    dataset.KVP = 120
    dataset.SliceThickness = geometry.spacing[2]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [geometry.spacing[1], geometry.spacing[0]]
    _describe_pixels(dataset, rows=phantom.volume.shape[1], columns=phantom.volume.shape[2])
    return dataset


def _describe_pixels(dataset: Dataset, *, rows: int, columns: int) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = _INTERCEPT, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = -600, 1500


def _add_slice(dataset: Dataset, phantom: Phantom, index: int, *, name: str) -> None:
    x, y, z = phantom.geometry.origin
    height = round(z + index * phantom.geometry.spacing[2], 6)
    instance = _uid(name, index)
    dataset.SOPInstanceUID = instance
    dataset.InstanceNumber = index + 1
    dataset.AcquisitionNumber = 1
    dataset.ImagePositionPatient = [x, y, height]
    stored = (phantom.volume[index].astype(np.int32) - _INTERCEPT).astype("<u2")
    dataset.PixelData = stored.tobytes()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION
    dataset.file_meta = meta
