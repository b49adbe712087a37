"""Where the real image samples are, if this machine has them (see docs/conversion.md)."""

from __future__ import annotations

import os
from pathlib import Path


def _find() -> Path | None:
    stated = os.environ.get("HOUNSFIELD_DATA")
    path = Path(stated) if stated else Path(__file__).resolve().parents[2] / "shared" / "data"
    return path if path.is_dir() else None


DATA: Path | None = _find()
