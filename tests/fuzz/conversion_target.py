"""A target for coverage-guided fuzzing of the converter, in one process and without its limits.

    python -m venv build/atheris && build/atheris/bin/pip install atheris
    PYTHONPATH=.:$(echo .venv/lib/python3*/site-packages) build/atheris/bin/python \
        -m tests.fuzz.conversion_target build/fuzz-corpus -max_total_time=300 -max_len=65536

The first folder gets what is interesting; put some small images there to begin with (without any,
`--corpus build/fuzz-corpus` writes a few). Anything but a ConversionError with a code we foresee
is a finding. Without atheris (it is no dependency of ours), the files named are run once each.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

with (
    atheris.instrument_imports(include=["app.images.conversion", "pydicom"])
    if atheris
    else contextlib.nullcontext()
):
    from app.images.conversion import ConversionError, Limits, convert, is_archive, scan
    from app.images.conversion.archives import unpack
    from app.images.conversion.dicom import decoding, enhanced, parsing
    from app.images.conversion.non_dicom import convert as volumes

_LOADED = (decoding, enhanced, parsing, volumes)
LIMITS = Limits(
    frame_bytes=16 << 20,
    image_bytes=32 << 20,
    deflated_bytes=16 << 20,
    archive_bytes=32 << 20,
    archive_entry_bytes=16 << 20,
)
_UNFORESEEN = "InternalError"


def test_one_input(data: bytes) -> None:
    """Convert one file of these bytes, or what is in it; raise on anything unforeseen."""
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_memory()) as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        paths = [path]
        if is_archive(path):
            with contextlib.suppress(ConversionError):
                paths = unpack(path, Path(folder) / "unpacked", LIMITS).files
        _convert(paths, Path(folder))


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _convert(paths: list[Path], folder: Path) -> None:
    result = scan(paths, limits=LIMITS)
    for issue in result.skipped:
        if issue.code == _UNFORESEEN:
            raise AssertionError(issue.message)
    for group in result.groups:
        try:
            image = convert(group, folder, limits=LIMITS)
        except ConversionError as error:
            if error.code == _UNFORESEEN:
                raise
        else:
            assert image.path.is_file()


def main() -> None:
    """Fuzz, or run the named files."""
    if "--corpus" in sys.argv:
        from tests.fuzz.corpus import made_corpus

        folder = Path(sys.argv[sys.argv.index("--corpus") + 1])
        with tempfile.TemporaryDirectory() as made:
            folder.mkdir(parents=True, exist_ok=True)
            for name, paths in made_corpus(Path(made)).items():
                for path in paths:
                    shutil.copy(path, folder / f"{name}-{path.name}")
        return
    if atheris is None:
        print("atheris is not installed: running each file once", file=sys.stderr)
        for name in sys.argv[1:]:
            for path in sorted(Path(name).rglob("*")) if Path(name).is_dir() else [Path(name)]:
                if path.is_file():
                    test_one_input(path.read_bytes())
        return
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
