"""The example algorithm and the evaluation of a kit: the demo's, and what fits the phase."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image

from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import Phase
from app.sockets.models import Socket
from app.sockets.schemas import SuperKind

FILES = Path(__file__).with_name("files")
_PACKAGES = ("demo/__init__.py", "demo/containers/__init__.py")
_ALGORITHMS = "demo/containers/algorithms"
_EVALUATION = "demo/containers/evaluation"
_SHARED = tuple(f"{_ALGORITHMS}/{name}.py" for name in ("__init__", "contract", "metaimage"))
_REQUIREMENTS = "demo/containers/requirements.txt"


def algorithm_entries(phase: Phase, *, folder: str) -> Iterator[Entry]:
    """Return the example algorithm, with what the phase wants beside it."""
    yield text_entry(f"{folder}/Dockerfile", (FILES / "algorithm.Dockerfile").read_text())
    yield _copy("demo/starter_kit/algorithm.py", f"{folder}/algorithm.py")
    yield _copy(_REQUIREMENTS, f"{folder}/requirements.txt")
    for name in (*_PACKAGES, *_SHARED, f"{_ALGORITHMS}/otsu.py"):
        yield _copy(name, f"{folder}/{name}")
    wanted = []
    for socket in phase.outputs.all():
        file = f"example-{socket.slug}{socket.extension}"
        is_file = socket.super_kind is SuperKind.FILE
        wanted.append(_described(socket, file if is_file else None))
        if is_file:
            content = example_file(socket)
            yield Entry(f"{folder}/{file}", lambda content=content: [content])  # type: ignore[misc]
    yield text_entry(f"{folder}/outputs.json", json.dumps(wanted, indent=2) + "\n")


def evaluation_entries(*, folder: str) -> Iterator[Entry]:
    """Return the source of the demo's evaluation container."""
    yield text_entry(f"{folder}/Dockerfile", (FILES / "evaluation.Dockerfile").read_text())
    yield _copy(_REQUIREMENTS, f"{folder}/requirements.txt")
    own = tuple(f"{_EVALUATION}/{name}.py" for name in ("__init__", "evaluate", "scores"))
    for name in (*_PACKAGES, *_SHARED, *own):
        yield _copy(name, f"{folder}/{name}")


def file_evaluation_entries(*, folder: str) -> Iterator[Entry]:
    """Return the source of an evaluation of files with predictions, as an example."""
    yield text_entry(f"{folder}/Dockerfile", (FILES / "predictions.Dockerfile").read_text())
    yield _copy("demo/starter_kit/evaluate_file.py", f"{folder}/evaluate.py")


def example_file(socket: Socket) -> bytes:
    """Return the content of a small file of the socket's kind; empty where we know none."""
    if isinstance(socket.example, str) and not socket.as_file:
        return socket.example.encode()
    if socket.as_file:
        return json.dumps(socket.example).encode()
    makers = {"ZIP": _zip, "PNG": _picture, "JPEG": _picture, "PDF": _pdf}
    make = makers.get(socket.kind)
    return make(socket.kind) if make else b""


def _described(socket: Socket, file: str | None) -> dict[str, Any]:
    described = {"slug": socket.slug, "super_kind": str(socket.super_kind)}
    return {
        "socket": described | {"relative_path": socket.relative_path},
        "file": file,
        "example": None if file else socket.example,
    }


def _copy(name: str, path: str) -> Entry:
    return text_entry(path, (Path(settings.BASE_DIR) / name).read_text())


def _zip(kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("example.txt"), "An example.\n")
    return out.getvalue()


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, format=kind)
    return out.getvalue()


def _pdf(kind: str) -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
