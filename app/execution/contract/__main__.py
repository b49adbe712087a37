"""Inspect an archive that comes in by standard input, under limits; the answer is one JSON line.

The child process of `app.execution.contract.child`.
"""

import json
import resource
import sys
from typing import Any

from app.execution.contract.archive import inspect_archive
from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.limits import GIB, ArchiveLimits

_MEMORY = 2 * GIB
_CPU_SECONDS = 3600


def main() -> None:
    """Read the limits from the command line, the archive from standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limits = ArchiveLimits(**json.loads(sys.argv[1]))
    answer: dict[str, Any]
    try:
        answer = {"manifest": inspect_archive(sys.stdin.buffer, limits).as_record()}
    except ContainerArchiveError as error:
        answer = {"error": error.as_record()}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
