"""Benchmarks run by themselves, without pytest and without anybody's settings."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import importlib, pkgutil, traceback, benchmarks
for found in pkgutil.iter_modules(benchmarks.__path__):
    try:
        importlib.import_module(f"benchmarks.{found.name}")
    except Exception:
        print(found.name, traceback.format_exc())
"""


def test_every_benchmark_starts_without_settings() -> None:
    without = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    program = [sys.executable, "-c", SCRIPT]
    run = subprocess.run(
        program, cwd=ROOT, env=without, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.returncode) == ("", 0), run.stdout + run.stderr
