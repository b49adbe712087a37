"""Every picture is a valid Vega-Lite specification that shows what the results say."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from app.challenges.ranking import parse_plan, rank, read_scores
from app.challenges.ranking.canonical import canonical_json
from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.plots import (
    blob_plot,
    case_lines,
    podium,
    rank_heat_map,
    significance_map,
    stability_violins,
)
from app.challenges.ranking.plots.parts import SCHEMA, some_cases
from app.challenges.ranking.table import NoScores, TaskScores
from tests.challenges.ranking.tables import csv_of, plan_of, rows_of

SCHEMA_FILE = Path(__file__).parents[4] / "node_modules/vega-lite/build/vega-lite-schema.json"
SCORES = {
    "good": [0.9, 0.8, 0.7, 0.95],
    "fair": [0.8, 0.82, 0.5, None],
    "poor": [0.1, 0.2, 0.3, 0.1],
}
PLAN: Plan = parse_plan(
    plan_of(
        {"kind": "absolute", "metric": "dice", "name": "mean"},
        {"kind": "test-based", "metric": "dice", "name": "tests"},
        missing={"rule": "value", "value": 0},
        bootstrap={"seed": 1, "draws": 50},
    )
)
TABLE = read_scores(csv_of(rows_of(SCORES) + rows_of({"absent": [1]}, task="other")))
TASK: TaskScores = TABLE.tasks["t"]
MEAN: Scheme = PLAN.schemes[0]
RESULTS = rank(PLAN, TABLE)
WORST_PLAN = parse_plan(plan_of({"kind": "absolute", "metric": "dice", "name": "mean"}))

PICTURES = {
    "rank heat map": lambda: rank_heat_map(RESULTS, MEAN, TASK, PLAN),
    "significance map": lambda: significance_map(RESULTS, "tests", "t"),
    "blobs": lambda: blob_plot(RESULTS, "mean", "t"),
    "podium": lambda: podium(RESULTS, MEAN, TASK, PLAN),
    "lines": lambda: case_lines(RESULTS, MEAN, TASK, PLAN),
    "lines with gaps": lambda: case_lines(rank(WORST_PLAN, TABLE), MEAN, TASK, WORST_PLAN),
    "podium with gaps": lambda: podium(rank(WORST_PLAN, TABLE), MEAN, TASK, WORST_PLAN),
    "violins": lambda: stability_violins(RESULTS, "t"),
}


@pytest.fixture(scope="module")
def checked() -> Draft7Validator:
    if not SCHEMA_FILE.exists():
        pytest.skip("the front end's packages are not installed")
    return Draft7Validator(json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_vega_lite(name, checked) -> None:
    spec = PICTURES[name]()
    assert spec["$schema"] == SCHEMA
    assert spec["title"]["text"]
    assert len(spec["description"]) > 30
    canonical_json(spec)  # has nothing that JSON has not
    error = best_match(checked.iter_errors(spec))
    assert error is None, f"{list(error.absolute_path)}: {error.message[:200]}"


def values(spec: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spec["data"]["values"]
    return found


def test_heat_map_counts_cases_by_rank() -> None:
    spec = PICTURES["rank heat map"]()
    counted = {(row["entry"].split()[-1], row["rank"]): row["cases"] for row in values(spec)}
    assert counted == {
        ("good", 1): 3,
        ("good", 2): 1,
        ("fair", 1): 1,
        ("fair", 2): 2,
        ("fair", 3): 1,
        ("poor", 2): 1,
        ("poor", 3): 3,
    }


def test_entries_are_in_order_and_behind_their_tier() -> None:
    order = PICTURES["rank heat map"]()["encoding"]["y"]["sort"]
    assert [label.split()[-1] for label in order] == ["good", "fair", "poor"]
    assert order[0].startswith(RESULTS["mean"]["t"]["good"]["tier"])


def test_significance_map_shows_every_pair() -> None:
    assert len(values(PICTURES["significance map"]())) == 6


def test_blobs_are_the_shares_of_draws() -> None:
    interval, blobs, _ = PICTURES["blobs"]()["layer"]
    shares = [row["share"] for row in values(blobs) if row["entry"].endswith("good")]
    assert sum(shares) == pytest.approx(1)
    poor = next(row for row in values(interval) if row["entry"].endswith("poor"))
    assert [poor["best"], poor["worst"]] == RESULTS["mean"]["t"]["poor"]["interval"]


def test_blobs_have_whole_ranks_on_their_axis() -> None:
    axis = blob_plot(RESULTS, "mean", "t")["layer"][1]["encoding"]["x"]["axis"]
    assert axis["values"] == [1, 2, 3]


def test_podium_has_every_place_once_in_a_case() -> None:
    points, bars = PICTURES["podium"]()["vconcat"]
    for case in TASK.cases:
        places = sorted(row["place"] for row in values(points) if row["case"] == case)
        assert places == [1, 2, 3]
    assert sum(row["cases"] for row in values(bars)) == 12


def test_missing_scores_are_gaps() -> None:
    gaps = [row for row in values(PICTURES["lines with gaps"]()) if row["score"] is None]
    assert [(row["entry"], row["case"]) for row in gaps] == [("fair", "c03")]


def test_violins_are_of_the_schemes_with_draws() -> None:
    spec = PICTURES["violins"]()
    assert {row["scheme"] for row in values(spec)} == {"mean"}  # no draw has a significant test
    assert all(-1 <= row.get("left", 0) <= row["width"] <= 1 for row in values(spec))


def test_many_cases_are_shown_by_some() -> None:
    shown = some_cases(100_000, 10)
    assert (len(shown), shown[0], shown[-1]) == (500, 0, 99_999)
    assert some_cases(3, 10) == [0, 1, 2]


def test_metric_that_a_task_has_not_is_named() -> None:
    scores = read_scores(csv_of(rows_of({"a": [1]}, metric="hd")))
    with pytest.raises(NoScores, match="no scores by “mean”"):
        podium(RESULTS, MEAN, scores.tasks["t"], PLAN)
