"""Bits that pixel data carries besides pixels."""

from __future__ import annotations

from typing import Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

_GROUPS: Final = range(0x6000, 0x6020, 2)


def hide_embedded_overlays(dataset: Dataset) -> None:
    """Clear the unused bits of pixels that an old overlay is drawn in (PS3.3 section C.9.2).

    Overlays go, so the drawing must, which may be writing. Compressed pixels have no spare bits.
    """
    positions = set()
    for group in _GROUPS:
        position = BaseTag(group << 16 | 0x0102)
        if position in dataset and BaseTag(group << 16 | 0x3000) not in dataset:
            positions.add(_number(dataset, position))
    element = dataset.get("PixelData")
    if not positions or not isinstance(element, bytes):
        return
    allocated, stored = _number(dataset, "BitsAllocated"), _number(dataset, "BitsStored")
    high = _number(dataset, "HighBit")
    if dataset["PixelData"].is_undefined_length or allocated not in (8, 16, 32):
        return
    used = range(high - stored + 1, high + 1)
    clear = sum(1 << bit for bit in positions if 0 <= bit < allocated and bit not in used)
    _, little = dataset.original_encoding
    kind = np.dtype(f"{'<' if little in (True, None) else '>'}u{allocated // 8}")
    if clear and len(element) % kind.itemsize == 0:
        pixels = np.frombuffer(element, dtype=kind) & kind.type((1 << allocated) - 1 - clear)
        dataset["PixelData"].value = pixels.astype(kind).tobytes()


def _number(dataset: Dataset, name: BaseTag | str) -> int:
    try:
        return int(dataset[name].value)
    except Exception:  # noqa: BLE001 (what cannot be read has no value)
        return -1
