"""Checking a file's content against its kind."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds import SuperKind, get_kind
from app.sockets.schemas.validation import validate_value

MOST_JSON = 64 * 2**20


def check_file(path: Path, *, kind: str, schema: Mapping[str, Any] | None = None) -> None:
    """Raise `InvalidValue` unless the file holds what its kind says.

    A file of a JSON kind is read and checked like a value. Memory and time are bounded by the
    kind's largest size. Parsers are at work here: use `check_file_apart` for hostile bytes.
    """
    socket_kind = get_kind(kind)
    size = path.stat().st_size
    if socket_kind.super_kind is SuperKind.IMAGE:
        raise InvalidValue(f"A {socket_kind.label} is an image; import it.")
    if not size:
        raise InvalidValue("The file is empty.")
    most = MOST_JSON if socket_kind.super_kind is SuperKind.VALUE else socket_kind.max_size
    if size > most:
        raise InvalidValue(
            f"The file has {size / 2**20:.0f} MiB; a {socket_kind.label} has at most"
            f" {most // 2**20} MiB."
        )
    if socket_kind.super_kind is SuperKind.VALUE:
        validate_value(_read(path), kind=kind, schema=schema)
    elif socket_kind.check_file is not None:
        socket_kind.check_file(path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except RecursionError as error:
        raise InvalidValue("The value is nested too deeply.") from error
    except ValueError as error:
        raise InvalidValue(f"This is not JSON: {str(error)[:200]}.") from error
