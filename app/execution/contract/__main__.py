"""Inspect an archive that comes in by standard input, under limits; answers are lines of JSON.

The child process of `app.execution.contract.child`.
"""

import json
import resource
import sys
from typing import Any

from app.execution.contract.archive import inspect_archive
from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.limits import GIB, ArchiveLimits
from app.execution.contract.weights import inspect_weights

_MEMORY = 2 * GIB
_CPU_SECONDS = 3600


def main() -> None:
    """Read what to inspect and the limits from the command line, the archive from the input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    what, limits = sys.argv[1], ArchiveLimits(**json.loads(sys.argv[2]))
    source = sys.stdin.buffer
    try:
        if what == "weights":
            facts = inspect_weights(source, limits, progress=_tell).as_record()
        else:
            facts = inspect_archive(source, limits, progress=_tell).as_record()
    except ContainerArchiveError as error:
        _say({"error": error.as_record()})
    else:
        _say({"facts": facts})


def _tell(read: int, doing: str) -> None:
    _say({"read": read, "doing": doing})


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
