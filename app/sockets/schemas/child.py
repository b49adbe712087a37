"""The process that looks at a file from outside: ``python -m app.sockets.schemas.child``.

The job comes as JSON on standard input, the answer goes to standard output. Limits are taken
before the file is opened.
"""

import json
import sys
from pathlib import Path

from app.images.conversion.limits import GIB, Limits
from app.images.conversion.process import set_limits
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.files import check_file

CPU_SECONDS = 120
LIMITS = Limits(address_space=2 * GIB, cpu_seconds=CPU_SECONDS, output_file_bytes=0)


def main() -> None:
    """Check the file that standard input names and say what is wrong with it, if anything."""
    job = json.load(sys.stdin)
    set_limits(LIMITS)
    answer: dict[str, str] = {}
    try:
        check_file(Path(job["path"]), kind=job["kind"], schema=job["schema"])
    except InvalidValue as error:
        answer = {"message": error.message, "field": error.field}
    except MemoryError:
        answer = {"message": "The file takes more memory to read than is allowed.", "field": ""}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
