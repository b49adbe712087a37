"""Looking through the whole file before anything is written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.errors import ValidationFailed
from app.sockets.models import Socket
from app.sockets.schemas import (
    InvalidValue,
    SuperKind,
    UnusableSchema,
    check_schema,
    validate_value,
)
from app.web.seeding.document import SocketEntry, Value
from app.web.seeding.document_uses import SeedFile
from app.web.seeding.phase_problems import phase_problems
from app.web.seeding.places import UnusablePath, file_below, files_below
from app.web.seeding.reading import Problem
from app.web.seeding.run import NATURAL

LISTS = {
    "users": "user",
    "organizations": "organization",
    "sockets": "socket",
    "images": "image",
    "archives": "archive",
    "items": "item",
    "reader_studies": "reader study",
    "questions": "question",
    "display_sets": "display set",
    "algorithms": "algorithm",
    "challenges": "challenge",
}
REFERENCES = {
    "user": "user",
    "owner": "user",
    "reader": "user",
    "captain": "user",
    "archive": "archive",
    "sample": "archive",
    "algorithm": "algorithm",
    "item": "item",
    "image": "image",
    "question": "question",
    "display_set": "display set",
}
FILES = ("file", "container", "method", "ground_truth", "sample_truth")
TAKES = {
    SuperKind.IMAGE: ("image", "files"),
    SuperKind.FILE: ("file",),
    SuperKind.VALUE: ("value",),
}
Entries = list[tuple[str, str, Any]]


def problems_of(seed: SeedFile, *, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with names, keys, references, files and values."""
    entries = list(_entries(seed, path="", name=""))
    names: set[tuple[str, str]] = set()
    keys: set[tuple[str, str]] = set()
    for path, name, entry in entries:
        kind = LISTS.get(name, "")
        for known in dict.fromkeys(entry.names) if kind else ():
            if (kind, known) in names:
                yield Problem(path, f"Another {kind} of this file is called “{known}”.")
            names.add((kind, known))
        pk = getattr(entry, "pk", None)
        if pk is not None:
            if (name, str(pk)) in keys:
                yield Problem(f"{path}.pk", "This key is given twice.")
            keys.add((name, str(pk)))
    sockets = {
        known: entry for _, name, entry in entries if name == "sockets" for known in entry.names
    }
    for path, name, entry in entries:
        yield from _references(entry, path=path, names=names)
        yield from _files(entry, path=path, folder=folder)
        if name == "sockets":
            yield from _socket(entry, path=path)
        if name == "phases":
            yield from phase_problems(entry, path=path)
        for slug, value in (getattr(entry, "values", None) or {}).items():
            yield from _value(slug, value, sockets=sockets, path=f"{path}.values.{slug}")


def highest_key(seed: SeedFile, name: str) -> int | None:
    """Return the highest primary key that the file gives in its lists called ``name``."""
    entries = (entry for _, known, entry in _entries(seed, path="", name="") if known == name)
    return max((entry.pk for entry in entries if entry.pk is not None), default=None)


def _entries(entry: Any, *, path: str, name: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every entry with its path and the name of the list that it stands in."""
    if path:
        yield path, name, entry
    for field in type(entry).model_fields:
        content = getattr(entry, field)
        place = f"{path}.{field}" if path else field
        if field == "values":
            for slug, value in content.items():
                yield f"{place}.{slug}", "values", value
        elif isinstance(content, list):
            for number, child in enumerate(content):
                if hasattr(child, "names"):
                    yield from _entries(child, path=f"{place}[{number}]", name=field)


def _references(entry: Any, *, path: str, names: set[tuple[str, str]]) -> Iterator[Problem]:
    for field in type(entry).model_fields:
        content = getattr(entry, field)
        kind = REFERENCES.get(field)
        if kind and isinstance(content, str) and not _known(kind, content, names):
            yield Problem(f"{path}.{field}", f"There is no {kind} “{content}”.")
        if field in ("inputs", "outputs"):
            for number, slug in enumerate(content):
                if not _known("socket", slug, names):
                    yield Problem(f"{path}.{field}[{number}]", f"There is no socket “{slug}”.")


def _known(kind: str, name: str, names: set[tuple[str, str]]) -> bool:
    if (kind, name) in names:
        return True
    if kind not in NATURAL:
        return False
    model, column = NATURAL[kind]
    return bool(model.objects.filter(**{column: name}).exists())


def _files(entry: Any, *, path: str, folder: Path) -> Iterator[Problem]:
    for field in FILES:
        given = getattr(entry, field, None)
        if given is not None:
            try:
                file_below(folder, given)
            except UnusablePath as error:
                yield Problem(f"{path}.{field}", str(error))
    try:
        files_below(folder, getattr(entry, "files", None) or [])
    except UnusablePath as error:
        yield Problem(f"{path}.files", str(error))


def _socket(entry: SocketEntry, *, path: str) -> Iterator[Problem]:
    if entry.json_schema:
        try:
            check_schema(entry.json_schema)
        except UnusableSchema as error:
            yield Problem(f"{path}.schema", str(error))
            return
    if entry.default_value is not None:
        try:
            validate_value(entry.default_value, kind=entry.kind_key, schema=entry.json_schema)
        except (InvalidValue, ValidationFailed) as error:
            yield Problem(f"{path}.default_value", str(error))


def _value(
    slug: str, value: Value, *, sockets: dict[str, SocketEntry], path: str
) -> Iterator[Problem]:
    socket: SocketEntry | Socket | None = (
        sockets.get(slug) or Socket.objects.filter(slug=slug).first()
    )
    if socket is None:
        yield Problem(path, f"There is no socket “{slug}”.")
        return
    if isinstance(socket, SocketEntry):
        held, kind, schema = socket.held_as, socket.kind_key, socket.json_schema
    else:
        held, kind, schema = socket.super_kind, socket.kind, socket.schema
    if value.source not in TAKES[held]:
        yield Problem(path, f"“{slug}” takes {' or '.join(TAKES[held])}, not {value.source}.")
    elif value.source == "value":
        try:
            validate_value(value.value, kind=kind, schema=schema)
        except InvalidValue as error:
            yield Problem(f"{path}.value", str(error))
