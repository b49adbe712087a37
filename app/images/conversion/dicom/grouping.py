"""Which frames belong together: split whatever differs, never merge.

Exact attributes make a key; orientation and pixel spacing are compared with a tolerance, because
scanners write the same plane with different rounding.
"""

from __future__ import annotations

import filecmp
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.images.conversion.dicom.frame import Frame, Instance
from app.images.conversion.issues import FileIssue, Remark
from app.images.conversion.model import Group

SEGMENTATION_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
VOLUME_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",
        "1.2.840.10008.5.1.4.1.1.4",
        "1.2.840.10008.5.1.4.1.1.128",
    }
)
FILE_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.20",
        "1.2.840.10008.5.1.4.1.1.30",
        "1.2.840.10008.5.1.4.1.1.481.2",
    }
)
"""Nuclear medicine, parametric maps and dose grids: a file is an image, its neighbor another."""
_TOLERANCE = 1e-4
_MAX_REPRESENTATIVES = 512


def group_frames(files: Iterable[list[Frame]]) -> tuple[list[Group], list[FileIssue]]:
    """Sort the frames of all files into groups.

    Files uploaded twice are set aside, and those of a concatenation some parts of which are not
    there: nothing else would tell that frames are missing at its end.
    """
    buckets: dict[Hashable, list[Frame]] = defaultdict(list)
    near = _NearVectors()
    issues: list[FileIssue] = []
    kept: list[list[Frame]] = []
    seen: dict[tuple[str, str], Path] = {}
    for frames in files:
        instance = frames[0].instance
        identity = (instance.series, instance.sop_uid)
        if instance.sop_uid and identity in seen and _same_file(instance.path, seen[identity]):
            issues.append(_duplicate(instance))
            continue
        seen.setdefault(identity, instance.path)
        kept.append(frames)
    incomplete = _incomplete_concatenations([frames[0].instance for frames in kept])
    for frames in kept:
        instance = frames[0].instance
        if message := incomplete.get(_concatenation(instance), ""):
            issues.append(FileIssue.of(instance.path, "MissingSlices", message))
            continue
        for frame in frames:
            buckets[_key(frame, near)].append(frame)
    groups = [_group(frames) for frames in buckets.values()]
    _note_splits(groups)
    return groups, issues


def _concatenation(instance: Instance) -> Hashable:
    """Return what names the multi-frame object a file is (a part of)."""
    if not instance.concatenation:
        return instance.path
    return (instance.study, instance.series, instance.concatenation)


def _incomplete_concatenations(instances: list[Instance]) -> dict[Hashable, str]:
    """Return what is missing of each concatenation that lacks parts (PS3.3 section C.7.6.16)."""
    found: dict[Hashable, list[Instance]] = defaultdict(list)
    for instance in instances:
        if instance.concatenation:
            found[_concatenation(instance)].append(instance)
    missing: dict[Hashable, str] = {}
    for name, members in found.items():
        there = {member.part for member in members}
        total = max([*there, *(member.parts or 0 for member in members)])
        lacking = total - sum(1 <= part <= total for part in there)
        if lacking:
            missing[name] = f"{lacking} of the {total} files of this multi-frame image are missing."
    return missing


def _same_file(first: Path, second: Path) -> bool:
    """Compare contents: an identifier used twice for different images must not lose one."""
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False


def _duplicate(instance: Instance) -> FileIssue:
    return FileIssue.of(
        instance.path, "DuplicateInstance", "The same image (SOP Instance UID) is there twice."
    )


def _key(frame: Frame, near: _NearVectors) -> Hashable:
    instance = frame.instance
    if instance.sop_class in SEGMENTATION_CLASSES:
        return ("segmentation", _concatenation(instance))
    if frame.position is None and not _belongs_to_volume(frame):
        return (
            "picture",
            _concatenation(instance),
            frame.rows,
            frame.columns,
            instance.format.kind,
        )
    return (
        "stack",
        instance.study,
        instance.series,
        instance.sop_class,
        _concatenation(instance) if _is_whole(instance) else None,
        instance.frame_of_reference,
        instance.format.kind,
        frame.rows,
        frame.columns,
        frame.component,
        frame.stack,
        None if frame.echo is None else round(frame.echo, 3),
        near.representative("orientation", frame.orientation),
        near.representative("spacing", frame.spacing),
    )


def _is_whole(instance: Instance) -> bool:
    """Tell whether a multi-frame file is an image by itself, whatever else its series holds."""
    return instance.sop_class in FILE_CLASSES and instance.frame_count > 1


def _belongs_to_volume(frame: Frame) -> bool:
    """Tell whether a frame without a position ought to have one."""
    instance = frame.instance
    return instance.sop_class in VOLUME_CLASSES and instance.frame_count == 1


@dataclass(slots=True)
class _NearVectors:
    """Maps vectors that are equal within the tolerance to one of them."""

    _known: dict[str, list[tuple[float, ...]]] = field(default_factory=lambda: defaultdict(list))
    _cache: dict[tuple[str, tuple[float, ...]], tuple[float, ...]] = field(default_factory=dict)

    def representative(
        self, kind: str, vector: tuple[float, ...] | None
    ) -> tuple[float, ...] | None:
        if vector is None:
            return None
        found = self._cache.get((kind, vector))
        if found is None:
            found = self._search(kind, vector)
            self._cache[kind, vector] = found
        return found

    def _search(self, kind: str, vector: tuple[float, ...]) -> tuple[float, ...]:
        known = self._known[kind]
        for other in known[:_MAX_REPRESENTATIVES]:
            if all(abs(a - b) <= _TOLERANCE for a, b in zip(vector, other, strict=True)):
                return other
        known.append(vector)
        return vector


def _group(frames: list[Frame]) -> Group:
    files = tuple(dict.fromkeys(frame.instance.path for frame in frames))
    first = frames[0]
    if first.instance.sop_class in SEGMENTATION_CLASSES:
        return Group("segmentation", files, frames)
    if first.position is None and not (len(frames) > 1 and _belongs_to_volume(first)):
        ordered = sorted(frames, key=lambda frame: (frame.instance.part, frame.index))
        return Group("cine" if len(frames) > 1 else "still", files, ordered)
    return Group("stack", files, frames)


def _note_splits(groups: list[Group]) -> None:
    """Say on each image that its series became several."""
    series: dict[Hashable, list[Group]] = defaultdict(list)
    for group in groups:
        if group.kind == "stack":
            instance = group.frames[0].instance
            series[instance.study, instance.series].append(group)
    for parts in series.values():
        if len(parts) < 2:
            continue
        directions = {group.frames[0].orientation for group in parts}
        code, what = "SplitSeries", "unlike images"
        if len(directions) == len(parts):
            code, what = "MixedOrientations", "different orientations"
        for group in parts:
            group.remarks.append(
                Remark(code, f"The series holds {what} and became {len(parts)} images.")
            )
