"""The process that looks at a file from outside: ``python -m app.sockets.schemas.child``.

The job comes as JSON on standard input, the answer goes to standard output. Limits are taken
before the file is opened.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.images.conversion.limits import GIB, Limits
from app.images.conversion.process import set_limits
from app.sockets.schemas.documents import faults_of_document
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.files import check_file

CPU_SECONDS = 120
CPU_SECONDS_ON_A_PAGE = 15
LIMITS = Limits(address_space=2 * GIB, cpu_seconds=CPU_SECONDS, output_file_bytes=0)
LIMITS_ON_A_PAGE = replace(LIMITS, cpu_seconds=CPU_SECONDS_ON_A_PAGE)


def main() -> None:
    """Check the file that standard input names and say what is wrong with it, if anything."""
    job = json.load(sys.stdin)
    set_limits(LIMITS_ON_A_PAGE if "form" in job else LIMITS)
    answer: dict[str, Any] = {}
    try:
        answer = _look(job)
    except InvalidValue as error:
        answer = {"message": error.message, "field": error.field}
    except MemoryError:
        answer = {"message": "The file takes more memory to read than is allowed.", "field": ""}
    sys.stdout.write(json.dumps(answer))


def _look(job: dict[str, Any]) -> dict[str, Any]:
    path, schema = Path(job["path"]), job["schema"]
    if "form" in job:
        faults = faults_of_document(path, form=job["form"], schema=schema)
        return {"faults": [asdict(fault) for fault in faults]}
    check_file(path, kind=job["kind"], schema=schema)
    return {}


if __name__ == "__main__":
    main()
