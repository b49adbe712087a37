"""Frames of enhanced multi-frame objects (PS3.3 section C.7.6.16).

Each functional group is looked for in the frame, then in the shared groups, then at top level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import ENHANCED_CLASSES, Frame, Instance, Triple
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.moments import moment_of
from app.images.conversion.dicom.terms import unit_of
from app.images.conversion.issues import ConversionError

PARAMETRIC_MAP_CLASS = "1.2.840.10008.5.1.4.1.1.30"
_T = TypeVar("_T")
_POSITIONS = (
    ("PlanePositionSequence", "ImagePositionPatient"),
    ("PlanePositionVolumeSequence", "ImagePositionVolume"),
)
_ORIENTATIONS = (
    ("PlaneOrientationSequence", "ImageOrientationPatient"),
    ("PlaneOrientationVolumeSequence", "ImageOrientationVolume"),
)
_MEASURES = ("PixelMeasuresSequence", "PixelSpacing", 2)


def enhanced_frames(header: Header, instance: Instance) -> list[Frame]:
    """Return one frame per item of PerFrameFunctionalGroupsSequence."""
    dataset = cast(Dataset, header.dataset)
    per_frame = _items(dataset, tags.PER_FRAME_GROUPS)
    if len(per_frame) != instance.frame_count:
        raise header.invalid(
            tags.PER_FRAME_GROUPS,
            f"describes {len(per_frame)} frames, NumberOfFrames says {instance.frame_count}",
        )
    shared = next(iter(_items(dataset, tags.SHARED_GROUPS)), Dataset())
    reader = _GroupReader(header, instance, shared, dataset)
    return [reader.frame(index, item) for index, item in enumerate(per_frame)]


class _GroupReader:
    """Looks attributes of one frame up where the standard allows them to be."""

    def __init__(self, header: Header, instance: Instance, shared: Dataset, top: Dataset) -> None:
        self._header = header
        self._instance = instance
        self._shared = shared
        self._top = top
        groups = (shared, *_items(top, tags.PER_FRAME_GROUPS))
        self._flat = instance.sop_class not in ENHANCED_CLASSES and not any(
            name in item for item in groups for name, _ in _POSITIONS
        )
        instance.own_axes = any("PlanePositionVolumeSequence" in item for item in groups)

    def frame(self, index: int, item: Dataset) -> Frame:
        """Read one frame."""
        slope, intercept = self._rescale(item)
        position = self._first_vector(item, _POSITIONS, 3)
        orientation = self._first_vector(item, _ORIENTATIONS, 6)
        spacing = self._vector(item, *_MEASURES)
        self._note_slices(item)
        if not self._flat:
            for name, value in (
                ("PlanePosition", position),
                ("PlaneOrientation", orientation),
                ("PixelMeasures", spacing),
            ):
                if value is None:
                    raise self._missing(name)
        return Frame(
            self._instance,
            index=index,
            position=cast("Triple | None", position),
            orientation=orientation if position is not None else None,
            spacing=cast("tuple[float, float] | None", spacing),
            slope=slope,
            intercept=intercept,
            echo=self._number(item, "MREchoSequence", "EffectiveEchoTime"),
            component=self._component(item),
            stack=self._text(item, "FrameContentSequence", "StackID"),
            segment=self._segment(item),
            times=self._times(item),
        )

    def _find(self, item: Dataset, group: str, keyword: str) -> Any:
        """Return the value of an attribute of a functional group, None when absent."""
        for place in (item, self._shared):
            if group in place and len(place[group].value or ()):
                value = place[group].value[0].get(keyword)
                if value is not None and value != "":
                    return value
        return None

    def _vector(
        self, item: Dataset, group: str, keyword: str, length: int
    ) -> tuple[float, ...] | None:
        value = self._checked(lambda: self._find(item, group, keyword), group)
        if value is None:
            value = self._checked(lambda: self._top.get(keyword), group)
        if value is None:
            return None
        numbers = self._checked(lambda: tuple(float(part) for part in value), group)
        if len(numbers) != length or not all(math.isfinite(part) for part in numbers):
            raise self._invalid(f"{keyword} of a frame does not hold {length} numbers")
        if keyword == "PixelSpacing" and not all(part > 0 for part in numbers):
            raise self._invalid("PixelSpacing of a frame is not positive")
        return numbers

    def _first_vector(
        self, item: Dataset, places: tuple[tuple[str, str], ...], length: int
    ) -> tuple[float, ...] | None:
        found = (self._vector(item, group, keyword, length) for group, keyword in places)
        return next((vector for vector in found if vector is not None), None)

    def _number(self, item: Dataset, group: str, keyword: str) -> float | None:
        value = self._checked(lambda: self._find(item, group, keyword), group)
        if value is None:
            return None
        number = self._checked(lambda: float(value), group)
        return number if math.isfinite(number) else None

    def _text(self, item: Dataset, group: str, keyword: str) -> str:
        value = self._checked(lambda: self._find(item, group, keyword), group)
        return "" if value is None else str(value)

    def _rescale(self, item: Dataset) -> tuple[float, float]:
        if self._instance.sop_class == PARAMETRIC_MAP_CLASS:
            mapped = self._real_world(item)
            if mapped is not None:
                return mapped
        group = "PixelValueTransformationSequence"
        slope = self._factor(item, group, "RescaleSlope")
        intercept = self._factor(item, group, "RescaleIntercept")
        if slope is None and intercept is None:
            slope = self._header.number(tags.RESCALE_SLOPE)
            intercept = self._header.number(tags.RESCALE_INTERCEPT)
        return self._checked_slope(1.0 if slope is None else slope), intercept or 0.0

    def _real_world(self, item: Dataset) -> tuple[float, float] | None:
        """Return the linear mapping to physical units, which is what a parametric map shows."""
        group = "RealWorldValueMappingSequence"
        if self._has_several(item, group):
            self._instance.has_modality_lut = True
            return None
        slope = self._factor(item, group, "RealWorldValueSlope")
        intercept = self._factor(item, group, "RealWorldValueIntercept")
        if slope is None:
            table = self._checked(lambda: self._find(item, group, "RealWorldValueLUTData"), group)
            self._instance.has_modality_lut |= table is not None
            return None
        return self._checked_slope(slope), intercept or 0.0

    def _factor(self, item: Dataset, group: str, keyword: str) -> float | None:
        """Return a number that makes values, None when absent: no other may stand in for it."""
        value = self._checked(lambda: self._find(item, group, keyword), group)
        number = None if value is None else self._checked(lambda: float(value), group)
        if number is None or math.isfinite(number):
            return number
        raise ConversionError(
            "InvalidRescale",
            f"{keyword} of a frame is no finite number.",
            files=[self._header.path],
            tag=tags.show(tags.RESCALE_SLOPE),
        )

    def _has_several(self, item: Dataset, group: str) -> bool:
        """Tell whether a frame has several mappings (for ranges of values, or in several units)."""

        def most() -> int:
            places = [place for place in (item, self._shared) if group in place]
            return max((len(place[group].value or ()) for place in places), default=0)

        return self._checked(most, group) > 1

    def _checked_slope(self, slope: float) -> float:
        if slope == 0:
            raise ConversionError(
                "InvalidRescale",
                "The rescale slope of a frame is zero.",
                files=[self._header.path],
                tag=tags.show(tags.RESCALE_SLOPE),
            )
        return slope

    def _note_slices(self, item: Dataset) -> None:
        """Keep thickness, gap and window for the description; the first frame decides."""
        instance = self._instance
        if instance.thickness is None:
            instance.thickness = self._number(item, "PixelMeasuresSequence", "SliceThickness")
        if not instance.rescale_type:
            kind = self._text(item, "PixelValueTransformationSequence", "RescaleType")
            instance.rescale_type = unit_of(kind)
        if instance.slice_gap is None:
            instance.slice_gap = self._number(item, "PixelMeasuresSequence", "SpacingBetweenSlices")
        if instance.window is None:
            instance.window = self._window(item)

    def _window(self, item: Dataset) -> tuple[float, float] | None:
        center = self._find(item, "FrameVOILUTSequence", "WindowCenter")
        width = self._find(item, "FrameVOILUTSequence", "WindowWidth")
        try:
            pair = (float(_first(center)), float(_first(width)))
        except (TypeError, ValueError, IndexError):
            return None
        return pair if pair[1] > 0 and all(map(math.isfinite, pair)) else None

    def _component(self, item: Dataset) -> str:
        parts = [
            self._text(item, "MRImageFrameTypeSequence", "ComplexImageComponent"),
            self._frame_flavor(item),
        ]
        return "/".join(part for part in parts if part)

    def _frame_flavor(self, item: Dataset) -> str:
        for group in ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence"):
            value = self._find(item, group, "FrameType")
            if value is not None and not isinstance(value, str) and len(value) > 2:
                return "/".join(str(part) for part in list(value)[2:])
        return ""

    def _segment(self, item: Dataset) -> int | None:
        number = self._number(item, "SegmentIdentificationSequence", "ReferencedSegmentNumber")
        return None if number is None else int(number)

    def _times(self, item: Dataset) -> dict[str, tuple[float, ...]]:
        found: dict[str, tuple[float, ...]] = {}
        for name, group, keyword in (
            ("position", "FrameContentSequence", "TemporalPositionIndex"),
            ("position", "TemporalPositionSequence", "TemporalPositionTimeOffset"),
            ("trigger", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
            ("b-value", "MRDiffusionSequence", "DiffusionBValue"),
        ):
            value = self._number(item, group, keyword)
            if value is not None and name not in found:
                found[name] = (value,)
        self._note_gradient(item, found)
        when = moment_of(self._text(item, "FrameContentSequence", "FrameAcquisitionDateTime"))
        if when is not None:
            found["acquired"] = when
        index = self._find(item, "FrameContentSequence", "DimensionIndexValues")
        if index is not None:
            values = [index] if isinstance(index, int) else list(index)
            found["dimensions"] = tuple(float(value) for value in values)
        return found

    def _note_gradient(self, item: Dataset, found: dict[str, tuple[float, ...]]) -> None:
        """Add b-value and direction together: what tells diffusion volumes apart."""
        if "b-value" not in found:
            return
        direction: tuple[float, ...] = (0.0, 0.0, 0.0)
        diffusion = self._checked(
            lambda: self._find(item, "MRDiffusionSequence", "DiffusionGradientDirectionSequence"),
            "MRDiffusionSequence",
        )
        stated = diffusion[0].get("DiffusionGradientOrientation") if diffusion else None
        if stated is not None:
            value = self._checked(lambda: tuple(map(float, stated)), "MRDiffusionSequence")
            direction = value if len(value) == 3 else direction
        found["gradient"] = (*found["b-value"], *direction)

    def _checked(self, look: Callable[[], _T], group: str) -> _T:
        """Run a look-up in hostile data; whatever pydicom makes of it becomes one named error."""
        try:
            return look()
        except (ConversionError, MemoryError):
            raise
        except Exception as error:
            raise self._invalid(f"{group} cannot be read") from error

    def _missing(self, name: str) -> ConversionError:
        return ConversionError(
            "MissingFunctionalGroup",
            f"A frame lacks the functional group {name}.",
            files=[self._header.path],
            tag=tags.show(tags.PER_FRAME_GROUPS),
        )

    def _invalid(self, what: str) -> ConversionError:
        return ConversionError(
            "InvalidHeader",
            f"{what}.",
            files=[self._header.path],
            tag=tags.show(tags.PER_FRAME_GROUPS),
        )


def _items(dataset: Dataset, tag: int) -> list[Dataset]:
    if BaseTag(tag) not in dataset:
        return []
    value = dataset[BaseTag(tag)].value
    return list(cast("Iterator[Dataset]", value)) if value else []


def _first(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else value[0]
