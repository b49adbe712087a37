"""The banner of the demo's challenge, drawn from a phantom that anybody may see."""

from io import BytesIO

import numpy as np
from PIL import Image

from app.images.phantom import Phantom

WORDS = "Four slices through a made-up chest; nodules are blue"
TILES = 4
SIDE = 400
DARKEST, BRIGHTEST = -1350, 150  # Hounsfield units, the usual window for lungs
BLUE = np.array((79, 182, 209))


def banner(phantom: Phantom) -> bytes:
    """Return a PNG of slices side by side: of each stretch the one that shows most of a nodule."""
    shown = np.array_split(np.arange(len(phantom.volume)), TILES)
    tiles = [_tile(phantom, int(part[_most(phantom, part)])) for part in shown]
    picture = Image.new("RGB", (TILES * SIDE, SIDE))
    for number, tile in enumerate(tiles):
        picture.paste(tile, (number * SIDE, 0))
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def _most(phantom: Phantom, part: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    return int((phantom.truth[part] > 0).sum(axis=(1, 2)).argmax())


def _tile(phantom: Phantom, index: int) -> Image.Image:
    share = (phantom.volume[index].astype(float) - DARKEST) / (BRIGHTEST - DARKEST)
    gray = np.clip(share, 0, 1)[..., None]
    colors = np.where(phantom.truth[index][..., None] > 0, BLUE, gray * 255)
    return Image.fromarray(colors.astype(np.uint8)).resize((SIDE, SIDE))
