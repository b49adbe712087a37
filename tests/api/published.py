"""The published description of the API, read by the parser in C: it is long, and read often."""

from pathlib import Path
from typing import Any

import yaml

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def read_yaml(text: str | bytes) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)
