"""A synthetic CT series as a scanner would store it: 512 x 512, 12 bits in uint16 and an intercept.

The noise is that of a reconstruction (correlated between pixels, stronger in the body than in the
air around it), so that the series compresses like a real one. All of it comes from one seed.
"""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

SIDE = 512
GAP = 1.25
SEED = 20261126
_ROOT = "1.2.826.0.1.3680043.8.498.77"
_PLANES = 48

Array = np.ndarray[Any, np.dtype[Any]]


def write_series(folder: Path, *, slices: int, side: int = SIDE) -> None:
    """Write the series in shuffled file order, each file about `2 * side * side` bytes."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(SEED)
    planes = [_slice(plane / _PLANES, _noise(random, side), side) for plane in range(_PLANES)]
    names = random.permutation(slices)
    dataset = _header(side)
    for index in range(slices):
        _place(dataset, index)
        dataset.PixelData = planes[index % _PLANES].tobytes()
        dataset.save_as(folder / f"IM{names[index]:06d}", enforce_file_format=True)


def _noise(random: np.random.Generator, side: int) -> Array:
    """White noise of deviation 1, smoothed as a soft reconstruction kernel does."""
    white = random.standard_normal((side, side), dtype=np.float32)
    smooth = sum(np.roll(white, shift, axis) for axis in (0, 1) for shift in (-1, 1)) + 2 * white
    return np.asarray(smooth / smooth.std(), dtype=np.float32)


def _slice(height: float, noise: Array, side: int) -> Array:
    """Return stored values (HU + 1024) of a trunk with lungs, spine and table at `height` 0-1."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    swing = 0.05 * np.sin(6.0 * height)
    values = np.full((side, side), -1000.0, dtype=np.float32)
    values[np.hypot(x / 0.86, y / 0.66) < 1] = 40.0
    values[np.hypot(x / 0.80, y / 0.60) < 1] = 55.0
    for center in (-0.38, 0.38):
        values[np.hypot((x - center) / (0.27 + swing), (y + 0.05) / 0.42) < 1] = -840.0
    values[np.hypot(x / 0.11, (y - 0.42) / 0.13) < 1] = 420.0
    values[(np.abs(y - 0.8) < 0.02) & (np.abs(x) < 0.8)] = -300.0
    strength = np.where(values > -900, 20.0, 9.0).astype(np.float32)
    stored = np.rint(values + strength * noise + 1024.0).clip(0, 4095)
    stored[np.hypot(x, y) > 1] = 0
    return np.asarray(stored.astype("<u2"))


def _header(side: int) -> Dataset:
    """Return the attributes all slices share, as many as a scanner writes."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.update(_words())
    dataset.SOPClassUID = CTImageStorage
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{_ROOT}.1", f"{_ROOT}.2"
    dataset.FrameOfReferenceUID = f"{_ROOT}.3"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [0.703125, 0.703125]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = [40, -600], [400, 1500]
    return dataset


def _words() -> Dataset:
    """Return what the converter does not need and has to step over, sequences and all."""
    words = Dataset()
    words.SpecificCharacterSet = "ISO_IR 100"
    words.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(words, keyword, "20261126")
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        setattr(words, keyword, "101500.250000")
    for keyword in (
        "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "SeriesDescription",
        "InstitutionName", "StationName", "ManufacturerModelName", "PatientName", "PatientID",
        "PatientBirthDate", "ProtocolName", "StudyID", "RequestedProcedureDescription",
        "PerformedProcedureStepDescription", "AdditionalPatientHistory", "DeviceSerialNumber",
    ):  # fmt: skip
        setattr(words, keyword, "" if keyword == "PatientBirthDate" else "Synthetic")
    words.Modality, words.Manufacturer, words.PatientSex = "CT", "Synthetic", "O"
    for keyword in (
        "SliceThickness", "KVP", "DataCollectionDiameter", "ReconstructionDiameter",
        "DistanceSourceToDetector", "DistanceSourceToPatient", "GantryDetectorTilt", "TableHeight",
        "ExposureTime", "XRayTubeCurrent", "Exposure", "GeneratorPower", "FocalSpots",
    ):  # fmt: skip
        setattr(words, keyword, 1)
    words.GantryDetectorTilt = 0
    words.ConvolutionKernel, words.PatientPosition, words.RotationDirection = "B", "HFS", "CW"
    reference, code = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, _ROOT
    words.ReferencedImageSequence = Sequence([reference] * 3)
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99X", "Chest"
    words.ProcedureCodeSequence = Sequence([code])
    block = words.private_block(0x0009, "SYNTHETIC", create=True)
    for offset in range(30):
        block.add_new(offset, "LO", f"Private value {offset}")
    return words


def _place(dataset: Dataset, index: int) -> None:
    uid = UID(f"{_ROOT}.4.{index + 1}")
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [-180.0, -180.0, round(-300 + GAP * index, 4)]
    dataset.SliceLocation = round(-300 + GAP * index, 4)
