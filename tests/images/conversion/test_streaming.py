"""Files larger than the memory: read and written block by block."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from app.images.conversion import scan
from app.images.conversion.limits import MIB

SIZE = 256 * MIB
PROGRAM = """
import resource, sys
from pathlib import Path
from app.images.conversion import convert, scan
group, = scan([Path(sys.argv[1])]).groups
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
convert(group, Path(sys.argv[2]))
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
METAIMAGE = """ObjectType = Image
NDims = 3
ElementSpacing = 1 1 1
TransformMatrix = 1 0 0 0 1 0 0 0 1
DimSize = 1024 1024 128
ElementType = {element}
ElementDataFile = a.raw
"""
NRRD = """NRRD0005
type: int16
dimension: 3
sizes: 1024 1024 128
endian: little
encoding: gzip
space: LPS
space directions: (1,0,0) (0,1,0) (0,0,1)
data file: a.raw
"""


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SIZE)


def _packed(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(SIZE // (16 * MIB)):
            file.write(bytes(16 * MIB))


@pytest.mark.parametrize(
    ("name", "header", "packed"),
    [
        ("a.mhd", METAIMAGE.format(element="MET_SHORT"), False),
        ("a.mhd", METAIMAGE.format(element="MET_LONG_LONG").replace(" 128", " 32"), False),
        ("a.nhdr", NRRD, True),
    ],
    ids=["raw", "long integers", "gzip"],
)
def test_a_large_file_takes_little_memory(
    name: str, header: str, packed: bool, tmp_path: Path
) -> None:
    (_packed if packed else _sparse)(tmp_path / "a.raw")
    (tmp_path / name).write_text(header)
    assert scan([tmp_path / name]).skipped == []
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / name), str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    before, after = (int(part) * 1024 for part in ended.stdout.split())
    assert after - before < SIZE // 3
    assert len(list(tmp_path.glob("*.mha"))) == 1
