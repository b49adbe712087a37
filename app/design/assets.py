"""What Vite built: the manifest says which style sheets and scripts an entry needs.

Where nothing was built (server tests need no Node) pages say so in a comment and work without.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

Manifest = dict[str, dict[str, Any]]
MANIFEST_NAMES = ("manifest.json", ".vite/manifest.json")


@dataclass
class EntryFiles:
    """Files of one entry, relative to the build folder, in the order they are wanted."""

    styles: list[str] = field(default_factory=list)
    preloads: list[str] = field(default_factory=list)
    script: str = ""


def build_folder() -> Path:
    """The folder that Vite writes to."""
    return Path(settings.FRONTEND_BUILD)


def load_manifest() -> Manifest | None:
    """The manifest of the current build, read anew only when the file changed."""
    for name in MANIFEST_NAMES:
        path = build_folder() / name
        if path.is_file():
            return _read(path, path.stat().st_mtime_ns)
    _say_missing(build_folder())
    return None


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Manifest:
    manifest: Manifest = json.loads(path.read_text())
    return manifest


@lru_cache(maxsize=4)
def _say_missing(folder: Path) -> None:
    """Say it once per process."""
    logger.warning(
        "No front end in %s: pages have no style sheet. Run `npm ci && npm run build`.",
        folder,
    )


def entry_files(manifest: Manifest, entry: str) -> EntryFiles | None:
    """Everything that ``entry`` needs, or None when the manifest has no such entry."""
    key = _key_of(manifest, entry)
    if key is None:
        return None
    found = EntryFiles()
    for chunk_key, chunk in _reachable(manifest, key, seen=set()):
        found.styles += [css for css in chunk.get("css", []) if css not in found.styles]
        _place(chunk["file"], found=found, is_entry=chunk_key == key)
    return found


def _place(file: str, *, found: EntryFiles, is_entry: bool) -> None:
    if file.endswith(".css"):
        found.styles.append(file)
    elif is_entry:
        found.script = file
    else:
        found.preloads.append(file)


def _key_of(manifest: Manifest, entry: str) -> str | None:
    for key, chunk in manifest.items():
        if chunk.get("isEntry") and entry in (chunk.get("name"), Path(key).stem, key):
            return key
    return None


def _reachable(
    manifest: Manifest, key: str, *, seen: set[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A chunk after the chunks it imports, each once."""
    if key in seen:
        return
    seen.add(key)
    for imported in manifest[key].get("imports", []):
        yield from _reachable(manifest, imported, seen=seen)
    yield key, manifest[key]
