"""The example algorithm of a starter kit: reads each input, writes each output.

`outputs.json` beside this file says what the phase wants. An image comes from the first image
input by Otsu's threshold, in its geometry; anything else is an example that fits its socket. Put
your own method in the place of `segment` and `answer`.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from demo.containers.algorithms.contract import (
    ContractError,
    is_image,
    only_image_in,
    read_list,
    relative_path,
)
from demo.containers.algorithms.metaimage import (
    MetaImage,
    MetaImageError,
    read_metaimage,
    write_metaimage,
)
from demo.containers.algorithms.otsu import otsu_threshold

HERE = Path(__file__).parent
INPUT = Path("/input")
OUTPUT = Path("/output")


def main(*, input_root: Path = INPUT, output_root: Path = OUTPUT, here: Path = HERE) -> int:
    """Run on one case; returns the exit code. What is printed is the job's log."""
    try:
        inputs = read_inputs(input_root)
        for output in read_list(here / "outputs.json"):
            write_output(output, inputs, output_root=output_root, here=here)
    except (ContractError, MetaImageError, OSError) as problem:
        print(f"Error: {problem}", file=sys.stderr, flush=True)
        return 1
    return 0


def read_inputs(root: Path) -> dict[str, Any]:
    """Return what is given, by the slug of its socket: an image, a JSON value or a file's path."""
    found: dict[str, Any] = {}
    for entry in read_list(root / "inputs.json"):
        path = root / relative_path(entry)
        slug = str(entry["socket"]["slug"])
        if is_image(entry):
            found[slug] = read_metaimage(only_image_in(path))
        elif entry.get("file"):
            found[slug] = path
        else:
            found[slug] = json.loads(path.read_text())
        print(f"Read {slug}", flush=True)
    return found


def write_output(
    output: dict[str, Any], inputs: dict[str, Any], *, output_root: Path, here: Path
) -> None:
    """Write one output where its socket says."""
    target = output_root / relative_path(output)
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_image(output):
        write_metaimage(target / "output.mha", segment(inputs))
    elif output.get("file"):
        shutil.copyfile(here / output["file"], target)
    else:
        target.write_text(json.dumps(answer(output, inputs)))
    print(f"Wrote {relative_path(output)}", flush=True)


def segment(inputs: dict[str, Any]) -> MetaImage:
    """Return a mask of what is bright in the first image; an empty one where there is none."""
    image = next((one for one in inputs.values() if isinstance(one, MetaImage)), None)
    if image is None:
        return MetaImage(array=np.zeros((2, 2, 2), np.uint8), geometry={})
    mask = image.array > otsu_threshold(image.array)
    return MetaImage(array=mask.astype(np.uint8), geometry=image.geometry)


def answer(output: dict[str, Any], inputs: dict[str, Any]) -> Any:
    """Return a value that fits the schema of the socket."""
    return output["example"]


if __name__ == "__main__":
    sys.exit(main())
