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
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.images.conversion.issues import CODES, FileIssue, Remark
from app.images.conversion.metaimage import ELEMENT_TYPES
from app.images.conversion.model import ConvertedImage, Deidentified, KeptInstance

Line = dict[str, Any]
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MODALITY = re.compile(r"[A-Z]{2,8}")
_MAX_REPORT = 4 << 20
_ACTIONS = ("removed", "replaced", "kept")


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
        "deidentified": _deidentified_line(image.deidentified),
    }


def issue_line(name: str, issue: FileIssue) -> Line:
    """Return the line for a file that became no image."""
    return {
        "file": name,
        "code": issue.code,
        "message": issue.message,
        "advice": issue.advice,
    }


def instance_line(instance: KeptInstance) -> Line:
    """Return what is said of a de-identified file; its folder is known."""
    return {**asdict(instance), "path": instance.path.name}


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
    path = _file(line, "image", output_dir=output_dir)
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
        modality=_modality(line),
        window_center=_optional(line, "window_center"),
        window_width=_optional(line, "window_width"),
        photometric=_text(line, "photometric")[:16],
        rescale_type=_text(line, "rescale_type")[:16],
        sources=tuple(Path(source) for source in names(line, "sources")),
        warnings=tuple(_remark(item) for item in line["warnings"]),
        deidentified=_read_deidentified(line.get("deidentified"), output_dir=output_dir),
    )


def names(line: Line, key: str) -> list[str]:
    """Return a list of names. Raises ValueError for anything else."""
    values = line.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(key)
    return values


def _deidentified_line(found: Deidentified | None) -> Line | None:
    if found is None:
        return None
    return {**asdict(found), "instances": [instance_line(one) for one in found.instances]}


def _read_deidentified(line: Any, *, output_dir: Path) -> Deidentified | None:
    if line is None:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("instances"), list):
        raise ValueError("deidentified")
    return Deidentified(
        risk=_text(line, "risk")[:40],
        report=_report(line.get("report")),
        study_uid=_uid(line, "study_uid"),
        series_uid=_uid(line, "series_uid"),
        patient=_text(line, "patient")[:64],
        study_date=_text(line, "study_date")[:8],
        series_number=_integer(line, "series_number"),
        instances=tuple(read_instance(one, output_dir=output_dir) for one in line["instances"]),
    )


def _report(line: Any) -> Line:
    """Return a report of de-identification as far as it is one: counts and words of ours."""
    if not isinstance(line, dict) or len(json.dumps(line)) > _MAX_REPORT:
        raise ValueError("report")
    rows = line["attributes"]
    return {
        "files": _integer(line, "files", least=0) or 0,
        "omitted": _integer(line, "omitted", least=0) or 0,
        "totals": {action: _integer(line["totals"], action, least=0) or 0 for action in _ACTIONS},
        "attributes": [
            {
                "attribute": _text(row, "attribute")[:400],
                "action": _text(row, "action")[:20],
                "reason": _text(row, "reason")[:40],
                "count": _integer(row, "count", least=0) or 0,
            }
            for row in rows
        ],
    }


def read_instance(line: Any, *, output_dir: Path) -> KeptInstance:
    """Return the file that a process describes. Raises ValueError if it is not as it should be."""
    if not isinstance(line, dict) or not _DIGEST.fullmatch(_text(line, "sha256")):
        raise ValueError("instance")
    return KeptInstance(
        path=_file(line, "path", output_dir=output_dir),
        sop_instance_uid=_uid(line, "sop_instance_uid"),
        sop_class_uid=_uid(line, "sop_class_uid"),
        transfer_syntax_uid=_uid(line, "transfer_syntax_uid"),
        number=_integer(line, "number"),
        rows=_integer(line, "rows", least=0),
        columns=_integer(line, "columns", least=0),
        frames=_integer(line, "frames", least=1) or 1,
        sha256=_text(line, "sha256"),
    )


def _file(line: Line, key: str, *, output_dir: Path) -> Path:
    name = _text(line, key)
    path = output_dir / name
    if Path(name).name != name or path.is_symlink() or not path.is_file():
        raise ValueError("no such file")
    return path


def _uid(line: Line, key: str) -> str:
    """Return a UID, or nothing where the file states none."""
    value = _text(line, key)
    if value and (len(value) > 64 or not _UID.fullmatch(value)):
        raise ValueError(key)
    return value


def _integer(line: Line, key: str, *, least: int = -(1 << 31)) -> int | None:
    value = line.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 1 << 31:
        raise ValueError(key)
    return value


def _modality(line: Line) -> str:
    """Return the modality; free text in its place says nothing that may be shown to everybody."""
    value = _text(line, "modality").strip()
    return value if _MODALITY.fullmatch(value) else ""


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
