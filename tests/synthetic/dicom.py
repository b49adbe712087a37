"""Small DICOM objects made in code: a classic series, an enhanced object, single pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

Array = np.ndarray[Any, np.dtype[Any]]
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SPACING = (0.8, 0.5)
"""Row and column spacing as DICOM writes them: y 0.8 mm, x 0.5 mm."""
GAP = 2.5
ORIGIN = (-10.0, -20.0, 30.0)
PATIENT = "Sentinel^Patient"


def volume(slices: int = 5, rows: int = 12, columns: int = 10, *, seed: int = 3) -> Array:
    """Return stored values (z, y, x), uint16 of 12 bits."""
    random = np.random.default_rng(seed)
    return random.integers(0, 4096, size=(slices, rows, columns)).astype(np.uint16)


def picture(
    pixels: Array,
    *,
    sop_class: UID = SecondaryCaptureImageStorage,
    modality: str = "OT",
    photometric: str = "MONOCHROME2",
) -> Dataset:
    """Return an image object without patient geometry; color is (rows, columns, 3)."""
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.PatientName = PATIENT
    dataset.PatientID = "SentinelID"
    dataset.Modality = modality
    dataset.SeriesNumber = 7
    color = pixels.ndim == 3 and pixels.shape[-1] == 3
    rows, columns = pixels.shape[-3:-1] if color else pixels.shape[-2:]
    dataset.SamplesPerPixel = 3 if color else 1
    if color:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = "RGB" if color else photometric
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    dataset.PixelData = _even(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes())
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    dataset.file_meta = _meta(dataset)
    return dataset


def classic(
    pixels: Array,
    *,
    modality: str = "CT",
    orientation: Sequence[float] = AXIAL,
    origin: Sequence[float] = ORIGIN,
    step: Sequence[float] | None = None,
    spacing: Sequence[float] = SPACING,
) -> list[Dataset]:
    """Return one classic object per slice of (z, y, x), `step` mm apart (along the normal)."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    move = np.array(step) if step is not None else GAP * np.cross(row, column)
    made = []
    for index, plane in enumerate(pixels):
        sop_class = CTImageStorage if modality == "CT" else MRImageStorage
        dataset = picture(plane, sop_class=sop_class, modality=modality)
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.FrameOfReferenceUID = frame
        dataset.InstanceNumber = index + 1
        dataset.ImageOrientationPatient = [float(value) for value in orientation]
        position = np.array(origin) + index * move
        dataset.ImagePositionPatient = [round(float(value), 6) for value in position]
        dataset.PixelSpacing = list(spacing)
        dataset.SliceThickness = 99.0
        if modality == "CT":
            dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        if plane.dtype == np.uint16 and int(plane.max()) < 4096:
            dataset.BitsStored, dataset.HighBit = 12, 11
        made.append(dataset)
    return made


def enhanced(
    pixels: Array,
    *,
    modality: str = "CT",
    rescale: Callable[[int], tuple[float, float]] = lambda index: (1.0, -1024.0),
    position: Callable[[int], Sequence[float]] | None = None,
) -> Dataset:
    """Return one enhanced multi-frame object of (frame, y, x)."""
    sop_class = EnhancedCTImageStorage if modality == "CT" else EnhancedMRImageStorage
    dataset = picture(pixels[0], sop_class=sop_class, modality=modality)
    dataset.FrameOfReferenceUID = generate_uid()
    dataset.NumberOfFrames = len(pixels)
    dataset.PixelData = _even(pixels.astype("<u2").tobytes())
    dataset.SharedFunctionalGroupsSequence = DicomSequence([_shared()])
    place = position or (lambda index: (ORIGIN[0], ORIGIN[1], ORIGIN[2] + GAP * index))
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(
        [_per_frame(place(index), rescale(index)) for index in range(len(pixels))]
    )
    return dataset


def segmentation(masks: Array, *, segments: Sequence[int], planes: Sequence[int]) -> Dataset:
    """Return a binary DICOM SEG; frame i of `masks` is segment `segments[i]` at `planes[i]`."""
    dataset = picture(masks[0].astype(np.uint8), sop_class=SegmentationStorage, modality="SEG")
    dataset.SegmentationType = "BINARY"
    dataset.FrameOfReferenceUID = generate_uid()
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.NumberOfFrames = len(masks)
    packed = np.packbits(masks.astype(np.uint8).reshape(-1), bitorder="little")
    dataset.PixelData = _even(packed.tobytes())
    dataset.SharedFunctionalGroupsSequence = DicomSequence([_shared()])
    items = []
    for segment, plane in zip(segments, planes, strict=True):
        item = _per_frame((ORIGIN[0], ORIGIN[1], ORIGIN[2] + GAP * plane), None)
        item.SegmentIdentificationSequence = _one(ReferencedSegmentNumber=segment)
        items.append(item)
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(items)
    return dataset


def cine(pixels: Array) -> Dataset:
    """Return an ultrasound loop of (t, y, x, 3)."""
    dataset = picture(pixels[0], sop_class=UltrasoundMultiFrameImageStorage, modality="US")
    dataset.NumberOfFrames = len(pixels)
    dataset.FrameTime = 40
    dataset.FrameIncrementPointer = 0x00181063
    dataset.PixelData = _even(pixels.tobytes())
    return dataset


def save(datasets: Sequence[Dataset], folder: Path) -> list[Path]:
    """Write the objects in the given order under names that say nothing; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in datasets:
        path = folder / f"{len(list(folder.iterdir())):04d}.dcm"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return meta


def _shared() -> Dataset:
    item = Dataset()
    item.PlaneOrientationSequence = _one(ImageOrientationPatient=list(AXIAL))
    item.PixelMeasuresSequence = _one(PixelSpacing=list(SPACING), SliceThickness=99.0)
    return item


def _per_frame(position: Sequence[float], rescale: tuple[float, float] | None) -> Dataset:
    item = Dataset()
    item.PlanePositionSequence = _one(ImagePositionPatient=[float(value) for value in position])
    if rescale is not None:
        slope, intercept = rescale
        item.PixelValueTransformationSequence = _one(
            RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU"
        )
    item.FrameContentSequence = _one(StackID="1")
    return item


def _one(**attributes: Any) -> DicomSequence:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return DicomSequence([item])


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)
