import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.challenges.ranking.tables import csv_of, plan_of, rows_of


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_of()))
    return path


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_bytes(csv_of(rows_of({"å": [0.5], "b": [0.7]})))
    return path


def test_results_are_printed_or_written(plan, scores, tmp_path, capsys) -> None:
    """Without a database: this test has none."""
    call_command("rank", str(plan), str(scores))
    printed = capsys.readouterr().out
    assert json.loads(printed)["s"]["t"]["å"]["rank"] == 2
    output = tmp_path / "results.json"
    call_command("rank", str(plan), str(scores), output=output)
    assert output.read_bytes().decode() == printed


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("plan", b"{}", "plan.json: The plan: “version”, “metrics”, “schemes” is missing"),
        ("scores", b"a,b\n", "scores.csv: Row 1, column “task”: The column is missing"),
        ("scores", b"task,case,algorithm,metric,value\nt,c,a,iou,1\n", "no metric “dice”"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(plan, scores, name, content, words) -> None:
    (plan if name == "plan" else scores).write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("rank", str(plan), str(scores))


def test_missing_file_is_said(plan, tmp_path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("rank", str(plan), str(tmp_path / "none.csv"))
