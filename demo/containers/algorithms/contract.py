"""The container contract as an algorithm sees it: what is in `/input`, what goes to `/output`.

The same files that grand-challenge.org hands to an algorithm container: `inputs.json` lists the
inputs, each image input is a folder with one `.mha`.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["OUTPUT_FOLDER", "ContractError", "image_input", "only_image_in", "read_list"]

OUTPUT_FOLDER = "images/segmentation"


class ContractError(Exception):
    """The input is not what the contract promises; the message is one line for the log."""


def image_input(root: Path) -> Path:
    """Return the one image of the first input socket that takes images."""
    for entry in read_list(root / "inputs.json"):
        if is_image(entry):
            return only_image_in(root / relative_path(entry))
    raise ContractError("inputs.json lists no image; this algorithm needs one image input.")


def read_list(path: Path) -> list[dict[str, Any]]:
    """Read a JSON list of objects, the form of `inputs.json` and `predictions.json`."""
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise ContractError(f"{path.name} cannot be read: {problem}") from problem
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(f"{path.name} is not a list of objects.")
    return entries


def is_image(entry: dict[str, Any]) -> bool:
    """Say whether a socket value is an image, whatever its slug."""
    return str(_socket(entry).get("super_kind", "")).lower() == "image"


def relative_path(entry: dict[str, Any]) -> PurePosixPath:
    """Folder or file of a socket value below `/input` or `/output`."""
    path = PurePosixPath(str(_socket(entry).get("relative_path", "")))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ContractError(f"{str(path)!r} is not a relative path of a socket.")
    return path


def only_image_in(folder: Path) -> Path:
    """Return the single `.mha` in a folder; none or several is an error."""
    found = sorted(folder.glob("*.mha")) if folder.is_dir() else []
    if len(found) != 1:
        raise ContractError(f"{folder} holds {len(found)} .mha images; exactly one is needed.")
    return found[0]


def _socket(entry: dict[str, Any]) -> dict[str, Any]:
    socket = entry.get("socket") or entry.get("interface")
    return socket if isinstance(socket, dict) else {}
