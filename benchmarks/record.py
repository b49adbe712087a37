"""Where results go: docs/benchmarks/<name>.json, with the date and the machine."""

import datetime as dt
import json
import os
import platform
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"


def keep(name: str, results: dict[str, Any]) -> None:
    """Write and print the results of one benchmark."""
    found = {
        "name": name,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "load": [round(one, 2) for one in os.getloadavg()],
        },
        "results": results,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=2) + "\n"
    (FOLDER / f"{name}.json").write_text(text)
    print(text)
