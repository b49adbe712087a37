"""The fourth axis: every key that orders it, and the proof that a volume is one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
Key = Callable[[Dataset, int, int], None]
TIMES, SLICES = 3, 4


def _series(stored: np.ndarray, key: Key, *, shuffle: int = 5) -> list[Dataset]:
    """Return the files of (t, z, y, x) with InstanceNumbers that say nothing at all."""
    files = []
    numbers = np.random.default_rng(shuffle).permutation(TIMES * SLICES)
    for time, part in enumerate(stored):
        for index, dataset in enumerate(dicom.classic(part, modality="MR")):
            dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3", "1.2"
            dataset.FrameOfReferenceUID = "1.2.4"
            dataset.InstanceNumber = int(numbers[time * SLICES + index]) + 1
            key(dataset, time, index)
            files.append(dataset)
    return files


def _stored() -> np.ndarray:
    return dicom.volume(slices=TIMES * SLICES).reshape(TIMES, SLICES, 12, 10)


def _identifier(dataset: Dataset, time: int, index: int) -> None:
    dataset.TemporalPositionIdentifier = time + 1


def _index(dataset: Dataset, time: int, index: int) -> None:
    dataset.TemporalPositionIndex = time + 1


def _trigger(dataset: Dataset, time: int, index: int) -> None:
    dataset.TriggerTime = 100 * time + 7 * index


def _reference(dataset: Dataset, time: int, index: int) -> None:
    dataset.FrameReferenceTime = 30_000 * time + 15_000


def _acquisition(dataset: Dataset, time: int, index: int) -> None:
    dataset.AcquisitionNumber = time + 1


def _acquired(dataset: Dataset, time: int, index: int) -> None:
    dataset.AcquisitionTime = f"1000{2 * time:02d}.{index}00000"


def _acquired_over_midnight(dataset: Dataset, time: int, index: int) -> None:
    dataset.AcquisitionDate = ["20200227", "20200227", "20200228"][time]
    dataset.AcquisitionTime = f"{['235956', '235958', '000000'][time]}.{index}00000"


def _content(dataset: Dataset, time: int, index: int) -> None:
    dataset.ContentTime = f"1000{2 * time:02d}.{index}00000"


def _b_value(dataset: Dataset, time: int, index: int) -> None:
    dataset.DiffusionBValue = 500.0 * time


def _gradient(dataset: Dataset, time: int, index: int) -> None:
    dataset.DiffusionBValue = 1000.0
    dataset.DiffusionGradientOrientation = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]][time]


def _numbered_by_volume(dataset: Dataset, time: int, index: int) -> None:
    dataset.InstanceNumber = 1 + time * SLICES + index


def _numbered_by_position(dataset: Dataset, time: int, index: int) -> None:
    dataset.InstanceNumber = 1 + index * TIMES + time


def _numbered_interleaved(dataset: Dataset, time: int, index: int) -> None:
    order = [0, 2, 1, 3]
    dataset.InstanceNumber = 1 + time * SLICES + order[index]


KEYS: list[Key] = [
    _identifier,
    _index,
    _trigger,
    _reference,
    _acquisition,
    _acquired,
    _acquired_over_midnight,
    _content,
    _b_value,
    _gradient,
    _numbered_by_volume,
    _numbered_by_position,
    _numbered_interleaved,
]


@pytest.mark.parametrize("key", KEYS)
def test_each_key_orders_the_fourth_axis(key: Key, convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = _stored()
    image = convert_one(dicom.save(_series(stored, key), tmp_path / "in"))
    assert image.size == (10, 12, SLICES, TIMES)
    assert np.array_equal(pixels_of(image), stored)


def test_numbers_in_no_order_are_no_order(codes: Codes, tmp_path: Path) -> None:
    files = _series(_stored(), lambda dataset, time, index: None)
    assert set(codes(dicom.save(files, tmp_path / "in")).values()) == {"InconsistentTimePoints"}


def test_volumes_do_not_mix_diffusion_weightings(convert_one: ConvertOne, tmp_path: Path) -> None:
    """Acquisition times run differently at one position; the weighting tells what is right."""
    stored = _stored()

    def key(dataset: Dataset, time: int, index: int) -> None:
        _gradient(dataset, time, index)
        moment = (time + 1) % TIMES if index == 2 else time
        dataset.AcquisitionTime = f"1000{2 * moment:02d}.000000"

    image = convert_one(dicom.save(_series(stored, key), tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)


@pytest.mark.parametrize("modality", ["MR", "CT"])
def test_the_declared_time_wins_over_numbers(
    modality: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = _stored()

    def key(dataset: Dataset, time: int, index: int) -> None:
        dataset.InstanceNumber = 1 + (TIMES - 1 - time) * SLICES + index
        dataset.TemporalPositionIdentifier = time + 1
        dataset.Modality = modality

    image = convert_one(dicom.save(_series(stored, key), tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)


def test_the_stated_resolution_is_the_time_step(convert_one: ConvertOne, tmp_path: Path) -> None:
    def key(dataset: Dataset, time: int, index: int) -> None:
        dataset.TemporalPositionIdentifier, dataset.TemporalResolution = time + 1, 1500

    image = convert_one(dicom.save(_series(_stored(), key), tmp_path / "in"))
    assert image.time_step == 1.5
    assert image.warnings == ()


def test_uneven_acquisition_times_are_no_time_step(convert_one: ConvertOne, tmp_path: Path) -> None:
    def key(dataset: Dataset, time: int, index: int) -> None:
        dataset.AcquisitionTime = f"1000{[0, 2, 9][time]:02d}.000000"

    image = convert_one(dicom.save(_series(_stored(), key), tmp_path / "in"))
    assert image.time_step is None
    assert [remark.code for remark in image.warnings] == ["TimeStepUnknown"]


@pytest.mark.parametrize("without", list(itertools.product(range(2), range(2))))
def test_any_missing_slice_of_any_time_point_is_named(
    without: tuple[int, int], codes: Codes, tmp_path: Path
) -> None:
    files = _series(_stored(), _identifier)
    time, index = without
    del files[time * SLICES + index]
    issues = codes(dicom.save(files, tmp_path / "in"))
    assert set(issues.values()) == {"InconsistentTimePoints"}
    assert len(issues) == TIMES * SLICES - 1


def _loop(**attributes: object) -> Dataset:
    frames = np.random.default_rng(1).integers(0, 255, (4, 6, 8, 3)).astype(np.uint8)
    made = dicom.cine(frames)
    del made.FrameTime
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ({"FrameTime": 40}, 0.04),
        ({"FrameTimeVector": [0, 50, 50, 50]}, 0.05),
        ({"CineRate": 25}, 0.04),
        ({"FrameTimeVector": [0, 50, 90, 50]}, None),
        ({"FrameTime": 40, "FrameTimeVector": [0, 50, 90, 50]}, None),
        ({}, None),
    ],
)
def test_the_frames_of_a_loop_are_moments_not_slices(
    attributes: dict[str, object], seconds: float | None, convert_one: ConvertOne, tmp_path: Path
) -> None:
    image = convert_one(dicom.save([_loop(**attributes)], tmp_path / "in"))
    assert image.size == (8, 6, 1, 4)
    assert image.time_step == pytest.approx(seconds)
    assert ("TimeStepUnknown" in [remark.code for remark in image.warnings]) == (seconds is None)


def test_a_volume_without_places_is_no_loop(codes: Codes, tmp_path: Path) -> None:
    made = dicom.picture(dicom.volume()[0], sop_class=dicom.CTImageStorage, modality="CT")
    made.NumberOfFrames, made.PixelData = 5, dicom.volume().astype("<u2").tobytes()
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NoSliceOrder"}


def test_images_at_one_place_over_acquisitions_are_no_volume(tmp_path: Path) -> None:
    """As in bolus tracking: a number alone does not make a series over time of them."""
    series = dicom.classic(dicom.volume(), step=(0.0, 0.0, 0.0))
    for index, dataset in enumerate(series):
        dataset.AcquisitionNumber = index + 1
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert images == []
    assert set(issues.values()) == {"NotAVolume"}
