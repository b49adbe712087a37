"""Blacken rectangles of an image and of the DICOM files beside it, in a process with limits.

`python -m app.images.conversion.masking` reads a plan from standard input and prints one line of
JSON; `run_masking` starts it. The pixels came from outside and are decoded again, so this does not
happen in the caller's process either.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion import protocol
from app.images.conversion.child import child_environment
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.conversion.model import KeptInstance
from app.images.conversion.process import private_stdout, set_limits
from app.images.slices.metaimage import MetaImageHeader as StoredHeader
from app.images.slices.metaimage import iter_slices, read_header

Rectangle = tuple[int, int, int, int]
"""x, y, width, height in pixels, from the top left corner of a frame."""
Array = np.ndarray[Any, np.dtype[Any]]
_ROOT = Path(__file__).resolve().parents[3]
_OURS = frozenset(
    {
        "ObjectType",
        "NDims",
        "BinaryData",
        "BinaryDataByteOrderMSB",
        "CompressedData",
        "CompressedDataSize",
        "TransformMatrix",
        "Offset",
        "CenterOfRotation",
        "AnatomicalOrientation",
        "ElementSpacing",
        "DimSize",
        "ElementNumberOfChannels",
        "ElementType",
        "ElementDataFile",
    }
)


class MaskingError(Exception):
    """The image could not be masked; the message is for people."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What was written: the image, and those DICOM files that could be masked too."""

    image: Path
    digest: str
    instances: dict[str, KeptInstance] = field(default_factory=dict)


def run_masking(
    image: Path,
    output_dir: Path,
    *,
    rectangles: Sequence[Rectangle],
    instances: Sequence[Path] = (),
    inverted: bool = False,
    limits: Limits | None = None,
) -> Masked:
    """Write a masked copy of `image` and of each of `instances` into `output_dir`.

    `inverted` says that high values are dark (MONOCHROME1). Instances that cannot be masked the
    same way are missing in the answer and must not be kept. Raises MaskingError.
    """
    limits = limits or Limits()
    output_dir.mkdir(parents=True, exist_ok=True)
    plan = {
        "image": str(image.resolve()),
        "instances": [str(path.resolve()) for path in instances],
        "output": str(output_dir.resolve()),
        "rectangles": [list(one) for one in rectangles],
        "inverted": inverted,
        "limits": asdict(limits),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.images.conversion.masking"],
            input=json.dumps(plan).encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=child_environment(),
            timeout=limits.wall_seconds,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MaskingError("Masking took longer than is allowed.") from error
    target = output_dir / "masked.mha"
    if done.returncode != 0 or not target.is_file() or target.is_symlink():
        raise MaskingError("The image could not be masked.")
    with target.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    try:
        return Masked(target, digest, _instances(done.stdout, output_dir))
    except (ValueError, KeyError, TypeError) as error:
        raise MaskingError("The image could not be masked.") from error


def mask_metaimage(
    source: Path, target: Path, *, rectangles: Sequence[Rectangle], inverted: bool = False
) -> None:
    """Write `source` to `target` with the rectangles black in every frame."""
    header = read_header(source)
    dark = _darkest(iter_slices(source, header), inverted=inverted)
    blocks = (_masked(one, rectangles, dark) for one in iter_slices(source, header))
    write_metaimage(target, header=_rebuilt(source, header), blocks=blocks)


def clipped(rectangles: Iterable[Rectangle], *, width: int, height: int) -> list[Rectangle]:
    """Return what of the rectangles lies within a frame."""
    found = []
    for x, y, w, h in rectangles:
        left, top = max(0, x), max(0, y)
        right, bottom = min(width, x + w), min(height, y + h)
        if right > left and bottom > top:
            found.append((left, top, right - left, bottom - top))
    return found


def _darkest(slices: Iterator[Array], *, inverted: bool) -> Any:
    """Return the value that is shown as black; colors are black at zero."""
    found: Any = None
    for one in slices:
        if one.ndim == 3:
            return 0
        numbers = one[np.isfinite(one)] if one.dtype.kind == "f" else one
        if numbers.size:
            value = numbers.max() if inverted else numbers.min()
            found = value if found is None else (max if inverted else min)(found, value)
    return 0 if found is None else found


def _masked(pixels: Array, rectangles: Sequence[Rectangle], dark: Any) -> Array:
    changed = pixels.copy()
    for x, y, width, height in rectangles:
        changed[y : y + height, x : x + width] = dark
    return changed


def _rebuilt(source: Path, header: StoredHeader) -> MetaImageHeader:
    """Return the header as our writer takes it, other fields and all."""
    with source.open("rb") as file:
        lines = file.read(header.data_offset).decode("ascii", "replace").splitlines()
    fields = dict(line.split(" = ", 1) for line in lines if " = " in line)
    numbers = {
        key: tuple(float(value) for value in fields[key].split())
        for key in ("ElementSpacing", "Offset", "TransformMatrix")
    }
    count = len(numbers["Offset"])
    matrix = numbers["TransformMatrix"]
    return MetaImageHeader(
        size=tuple(int(value) for value in fields["DimSize"].split()),
        spacing=numbers["ElementSpacing"],
        origin=numbers["Offset"],
        axes=tuple(matrix[i * count : (i + 1) * count] for i in range(count)),
        dtype=np.dtype(header.type),
        components=header.components,
        fields={key: value for key, value in fields.items() if key not in _OURS},
    )


def _instances(said: bytes, output_dir: Path) -> dict[str, KeptInstance]:
    """Return the masked files by the names that they had before."""
    lines = protocol.decode(said)["instances"]
    read = {
        name: protocol.read_instance(line, output_dir=output_dir) for name, line in lines.items()
    }
    return {str(name): kept for name, kept in read.items()}


def _mask_instances(
    paths: Sequence[Path], output: Path, *, rectangles: Sequence[Rectangle], size: tuple[int, int]
) -> dict[str, KeptInstance]:
    """Mask what has the frame size of the image: the same rectangles mean the same places."""
    # pydicom takes a while to import, which the caller's side does not need.
    import pydicom

    from app.images.conversion.source_files import described
    from app.images.deidentify import mask

    done: dict[str, KeptInstance] = {}
    for path in paths:
        target = output / f"masked-{path.name}"
        try:
            dataset = pydicom.dcmread(path)
            if (int(dataset.Columns), int(dataset.Rows)) == size:
                mask(dataset, rectangles)
                dataset.save_as(target, enforce_file_format=True)
                done[path.name] = described(target)
        except Exception:  # noqa: BLE001 (what cannot be masked is not kept)
            target.unlink(missing_ok=True)
    return done


def main() -> int:
    """Mask as the plan on standard input says."""
    plan = json.loads(sys.stdin.buffer.read())
    out = private_stdout()
    set_limits(Limits(**plan["limits"]))
    image, output = Path(plan["image"]), Path(plan["output"])
    header = read_header(image)
    width, height = header.size[:2]
    rectangles = clipped((tuple(one) for one in plan["rectangles"]), width=width, height=height)
    mask_metaimage(
        image, output / "masked.mha", rectangles=rectangles, inverted=bool(plan["inverted"])
    )
    instances = [Path(one) for one in plan["instances"]]
    done = _mask_instances(instances, output, rectangles=rectangles, size=(width, height))
    lines = {name: protocol.instance_line(kept) for name, kept in done.items()}
    out.write(protocol.encode({"instances": lines}))
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
