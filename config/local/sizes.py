"""Functions of at most 60 lines, files of at most 500: what one reads at a sitting."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST_FUNCTION = 60
LONGEST_FILE = 500


def too_long(paths: Iterable[Path]) -> list[str]:
    """Return a sentence for every Python file or function below these paths that is too long."""
    return [sentence for file in sorted(_python_files(paths)) for sentence in _judge(file)]


def _python_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*.py") if "migrations" not in file.parts)
        elif path.exists():
            yield path


def _judge(file: Path) -> Iterator[str]:
    text = file.read_text()
    lines = text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{file} has {lines} lines; split it by subject (at most {LONGEST_FILE})."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield (
                    f"{file}:{node.lineno} {node.name} has {length} lines; give its parts names "
                    f"(at most {LONGEST_FUNCTION})."
                )
