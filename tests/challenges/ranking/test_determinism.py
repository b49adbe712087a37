"""The same plan and scores are the same bytes: other processes, threads, hashes, blocks."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.challenges.ranking import parse_plan, rank_bytes, read_scores, resampling
from tests.challenges.ranking.tables import csv_of, rows_of

ROOT = Path(__file__).parents[3]
PLAN = {
    "version": 1,
    "metrics": {
        "dice": {"direction": "higher"},
        "hd": {"direction": "lower", "missing": {"rule": "value", "value": 100}},
    },
    "schemes": [
        {"kind": "absolute", "metric": "dice", "name": "mean"},
        {"kind": "aggregate-then-rank", "metric": "hd", "aggregate": "median"},
        {"kind": "aggregate-then-rank", "metric": "hd", "aggregate": {"quantile": 0.9}},
        {"kind": "rank-then-aggregate", "metric": "dice"},
        {"kind": "metric-ranks", "metrics": ["dice", "hd"]},
        {"kind": "test-based", "metric": "hd"},
        {"kind": "consensus", "of": "mean"},
    ],
    "bootstrap": {"draws": 300, "seed": 11},
}


def scores() -> bytes:
    """Full-precision scores, which are on no decimal grid, with some missing."""
    random = np.random.Generator(np.random.Philox(key=[1, 2]))
    rows: list[list[object]] = []
    for task in ("liver", "spleen"):
        for metric in ("dice", "hd"):
            values = {f"team {entry}": random.random(30).tolist() for entry in range(5)}
            values["team 3"][4] = None
            rows += rows_of(values, metric=metric, task=task)
    return csv_of(rows)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plan, table = tmp_path / "plan.json", tmp_path / "scores.csv"
    plan.write_text(json.dumps(PLAN))
    table.write_bytes(scores())
    return plan, table


def by_command(plan: Path, table: Path, **environment: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "manage.py", "rank", str(plan), str(table)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_other_threads_hashes_and_processors_give_the_same_bytes(files) -> None:
    """Two processes without a database, and this one."""
    one = by_command(*files, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="1")
    other = by_command(
        *files,
        OMP_NUM_THREADS="4",
        OPENBLAS_NUM_THREADS="4",
        PYTHONHASHSEED="2",
        NPY_DISABLE_CPU_FEATURES="AVX2 FMA3",
    )
    assert one == other
    assert one == rank_bytes(parse_plan(PLAN), read_scores(scores()))


def test_results_are_those_that_were_published() -> None:
    """If this changes, results that are out cannot be made again: raise `run.VERSION`."""
    found = rank_bytes(parse_plan(PLAN), read_scores(scores()))
    document = json.loads(found)
    document["about"].pop("code")
    text = json.dumps(document, sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == PUBLISHED


PUBLISHED = "6929c67fd78140ec6b3466e0a2b8894a5f286816bc80d037e4297c46919f7e45"


def test_draws_in_small_blocks_are_the_same(monkeypatch) -> None:
    whole = rank_bytes(parse_plan(PLAN), read_scores(scores()))
    monkeypatch.setattr(resampling, "_BLOCK", 500)
    assert rank_bytes(parse_plan(PLAN), read_scores(scores())) == whole


def test_order_of_rows_changes_the_digest_alone() -> None:
    lines = scores().splitlines(keepends=True)
    turned = b"".join([lines[0], *reversed(lines[1:])])
    one, other = (
        json.loads(rank_bytes(parse_plan(PLAN), read_scores(data))) for data in (scores(), turned)
    )
    assert one["about"]["inputs"].pop("scores") != other["about"]["inputs"].pop("scores")
    assert one == other
