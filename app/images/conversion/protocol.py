"""The lines a conversion process prints: one JSON object each, names relative to the input folder.

`{"files": [...]}` announces files (archives replaced by what is in them), `{"archive": name}` takes
an archive out of the account because its entries stand in for it, `{"working": [...]}` says what
comes next (so that a crash can be laid to somebody's charge; with `looked` while files are only
looked at), `{"together": [...]}` names files whose results count only once all are there, until
`{"together": []}`, `{"progress": n, "total": m}` ends a group, `{"image": ...}` and
`{"file": ..., "code": ...}` are results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.images.conversion.issues import CODES, FileIssue, Remark
from app.images.conversion.metaimage import ELEMENT_TYPES
from app.images.conversion.model import ConvertedImage

Line = dict[str, Any]


def image_line(image: ConvertedImage, *, sources: list[str]) -> Line:
    """Return the line for an image."""
    return {
        "image": image.path.name,
        "name": image.name,
        "sources": sources,
        "size": image.size,
        "spacing": image.spacing,
        "spacing_valid": image.spacing_valid,
        "origin": image.origin,
        "direction": image.direction,
        "time_step": image.time_step,
        "type": image.element_type,
        "components": image.components,
        "color_space": image.color_space,
        "modality": image.modality,
        "window_center": image.window_center,
        "window_width": image.window_width,
        "photometric": image.photometric,
        "rescale_type": image.rescale_type,
        "warnings": [{"code": remark.code, "message": remark.message} for remark in image.warnings],
    }


def issue_line(name: str, issue: FileIssue) -> Line:
    """Return the line for a file that became no image."""
    return {
        "file": name,
        "code": issue.code,
        "message": issue.message,
        "advice": issue.advice,
    }


def encode(line: Line) -> bytes:
    """Return the line as bytes, ASCII, with its end."""
    return json.dumps(line, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def decode(raw: bytes) -> Line:
    """Parse a line. Raises ValueError for anything but an object."""
    line = json.loads(raw)
    if not isinstance(line, dict):
        raise ValueError("not an object")
    return line


def read_issue(line: Line) -> FileIssue:
    """Return the issue a line reports. Raises ValueError if it is malformed."""
    code = _text(line, "code")
    if code not in CODES:
        raise ValueError(f"unknown code {code[:40]!r}")
    return FileIssue.of(Path(_text(line, "file")), code, _text(line, "message"))


def read_image(line: Line, *, output_dir: Path) -> ConvertedImage:
    """Return the image a line reports; its file must be a plain new file in `output_dir`.

    Raises ValueError if anything about the line or the file is not as it should be: the process
    that wrote it parsed hostile data and is not trusted.
    """
    name = _text(line, "image")
    path = output_dir / name
    if Path(name).name != name or path.is_symlink() or not path.is_file():
        raise ValueError("no such file")
    if line.get("type") not in ELEMENT_TYPES:
        raise ValueError("unknown element type")
    size = tuple(int(value) for value in _numbers(line, "size"))
    spatial = 2 if len(size) == 2 else 3
    spacing, origin = _numbers(line, "spacing"), _numbers(line, "origin")
    direction = _numbers(line, "direction")
    if not 2 <= len(size) <= 4 or (len(spacing), len(origin)) != (spatial, spatial):
        raise ValueError("geometry")
    if len(direction) != spatial**2:
        raise ValueError("direction")
    return ConvertedImage(
        path=path,
        name=_text(line, "name"),
        size=size,
        spacing=spacing,
        spacing_valid=bool(line["spacing_valid"]),
        origin=origin,
        direction=direction,
        time_step=_optional(line, "time_step"),
        element_type=_text(line, "type"),
        components=3 if line.get("components") == 3 else 1,
        color_space="RGB" if line.get("components") == 3 else "GRAY",
        modality=_text(line, "modality")[:16],
        window_center=_optional(line, "window_center"),
        window_width=_optional(line, "window_width"),
        photometric=_text(line, "photometric")[:16],
        rescale_type=_text(line, "rescale_type")[:16],
        sources=tuple(Path(source) for source in names(line, "sources")),
        warnings=tuple(_remark(item) for item in line["warnings"]),
    )


def names(line: Line, key: str) -> list[str]:
    """Return a list of names. Raises ValueError for anything else."""
    values = line.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(key)
    return values


def _remark(item: Any) -> Remark:
    if not isinstance(item, dict) or item.get("code") not in CODES:
        raise ValueError("warning")
    return Remark(item["code"], _text(item, "message"))


def _text(line: Line, key: str) -> str:
    value = line.get(key)
    if not isinstance(value, str) or len(value) > 4096:
        raise ValueError(key)
    return value


def _optional(line: Line, key: str) -> float | None:
    value = line.get(key)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(key)
    return float(value)


def _numbers(line: Line, key: str) -> tuple[float, ...]:
    values = line.get(key)
    if not isinstance(values, list) or not all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    ):
        raise ValueError(key)
    return tuple(float(value) for value in values)
