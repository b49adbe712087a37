import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app
from app.challenges.ranking import (
    RankingRefused,
    parse_plan,
    rank,
    rank_bytes,
    read_scores,
)
from tests.challenges.ranking.tables import csv_of, pick, plan_of, rows_of, table_of

BOOTSTRAP = {"seed": 7, "draws": 200}
SCORES = {
    "a": [0.9, 0.8, 0.95, 0.7, 0.85, 0.9],
    "b": [0.85, 0.82, 0.9, 0.72, 0.8, 0.88],
    "c": [0.2, 0.1, 0.3, 0.25, 0.2, 0.15],
}
MEAN = {"kind": "absolute", "metric": "dice", "name": "mean"}
TESTS = {"kind": "test-based", "metric": "dice", "name": "tests"}
CONSENSUS = {"kind": "consensus", "of": "mean", "name": "overall"}


def run(*schemes: dict[str, Any], scores: Any = None, **more: Any) -> dict[str, Any]:
    return rank(parse_plan(plan_of(*schemes, **more)), scores or table_of(SCORES))


def test_results_have_the_form_that_is_documented() -> None:
    result = run(MEAN, TESTS, bootstrap=BOOTSTRAP)
    assert set(result) == {"mean", "tests", "about"}
    entry = result["mean"]["t"]["a"]
    assert entry["value"] == 0.85
    assert entry["rank"] == 1
    assert entry["interval"] == [1, 2]
    assert (entry["tier"], entry["band"], entry["missing"]) == ("1-2", 1, 0)
    assert entry["value_interval"][0] < 0.85 < entry["value_interval"][1]


def test_about_says_what_is_needed_to_run_it_again() -> None:
    scores = table_of(SCORES)
    plan = parse_plan(plan_of(MEAN, bootstrap=BOOTSTRAP))
    about = rank(plan, scores)["about"]
    assert about["inputs"] == {"plan": plan.digest, "scores": scores.digest}
    assert (about["seed"], about["draws"], about["level"]) == (7, 200, 0.95)
    assert about["code"] == {"name": "hounsfield", "version": app.__version__}
    assert about["cases"] == {"t": 6}


def test_p_values_of_every_ordered_pair() -> None:
    (tests,) = run(TESTS)["about"]["tests"]["tests"].values()
    pairs = [(one["better"], one["worse"]) for one in tests]
    assert pairs == [(x, y) for x in "abc" for y in "abc" if x != y]
    assert tests[1] == {
        "better": "a",
        "worse": "c",
        # W is 21 of 21, two pairs of differences are equal: z = 10 / sqrt(22.75 - 12 / 48)
        "p": pytest.approx(0.017507, abs=1e-6),
        "adjusted": pytest.approx(6 * 0.017507, abs=1e-5),
        "significant": False,
    }


def test_stability_is_told_by_scheme_and_task() -> None:
    result = run(MEAN, TESTS, bootstrap=BOOTSTRAP)
    found = result["about"]["stability"]["mean"]["t"]
    assert found["algorithms"] == ["a", "b", "c"]
    assert sum(found["winner"].values()) == pytest.approx(1)
    assert found["winner"]["c"] == 0
    assert found["above"][0][2] == 1
    assert found["above"][0][1] + found["above"][1][0] == 1
    assert found["ranks"]["c"] == [[3, 1]]
    assert found["tau"]["mean"] > 0.5
    assert len(found["tau"]["percentiles"]) == 101
    assert result["about"]["agreement"]["t"]["mean"]["tests"] is None  # no test is significant


def test_without_bootstrap_there_are_ranks_and_a_note() -> None:
    result = run(MEAN)
    assert pick(result["mean"]["t"], "interval") == {"a": None, "b": None, "c": None}
    assert result["about"]["stability"] == {}
    assert any("no bootstrap" in note["text"] for note in result["about"]["notes"])


def test_few_cases_and_few_draws_are_noted() -> None:
    notes = [note["text"] for note in run(MEAN, bootstrap=BOOTSTRAP)["about"]["notes"]]
    assert any("There are 6 cases; under 50" in text for text in notes)
    assert any("200 draws are few" in text for text in notes)
    many = table_of({name: values * 10 for name, values in SCORES.items()})
    enough = run(MEAN, scores=many, bootstrap={"seed": 1, "draws": 1000})
    assert enough["about"]["notes"] == []


def test_a_single_case_has_no_interval_and_says_so() -> None:
    result = run(MEAN, scores=table_of({"a": [1], "b": [0]}), bootstrap=BOOTSTRAP)
    assert result["mean"]["t"]["a"]["interval"] is None
    assert any("a single case" in note["text"] for note in result["about"]["notes"])


def test_values_that_are_no_numbers_are_missing_and_listed() -> None:
    scores = table_of({"a": [0.5, "NaN"], "b": [0.4, True]})
    result = run(MEAN, scores=scores, missing={"rule": "value", "value": 0})
    assert pick(result["mean"]["t"], "value") == {"a": 0.25, "b": 0.2}
    invalid = result["about"]["invalid"]
    assert invalid["count"] == 2
    assert invalid["first"][1]["row"] == 5
    assert invalid["first"][1]["text"] == "True"


def test_plan_may_refuse_them() -> None:
    scores = table_of({"a": [0.5, "NaN"]})
    with pytest.raises(RankingRefused, match="Row 3, column “value”: 'NaN'"):
        run(MEAN, scores=scores, invalid="refuse")


def test_metric_that_is_not_in_the_scores_is_refused() -> None:
    with pytest.raises(RankingRefused, match="no metric “dice”; there are “iou”"):
        run(MEAN, scores=table_of(SCORES, metric="iou"))


TWO_TASKS = read_scores(
    csv_of(
        rows_of(SCORES, task="one")
        + rows_of({"b": [0.9, 0.9], "a": [0.1, 0.2], "d": [0.5, 0.6]}, task="two")
        + rows_of({"a": [3, 4]}, task="two", metric="hd")
        + rows_of({"z": [3, 4]}, task="three", metric="hd")
    )
)
METRICS = {"dice": {"direction": "higher"}, "hd": {"direction": "lower"}}


def test_several_tasks_and_their_consensus() -> None:
    """Ranks a: 1, 3; b: 2, 1; c and d are in one task each."""
    result = run(MEAN, CONSENSUS, scores=TWO_TASKS, metrics=METRICS, bootstrap=BOOTSTRAP)
    assert pick(result["mean"]["two"], "rank") == {"a": 3, "b": 1, "c": None, "d": 2, "z": None}
    assert result["mean"]["two"]["c"]["reason"] == "It has no scores in the task “two”."
    assert set(pick(result["mean"]["three"], "reason").values()) == {
        "The task “three” has no scores by “dice”."
    }
    overall = result["overall"]["all"]
    assert pick(overall, "value") == {"a": 2, "b": 1.5, "c": None, "d": None, "z": None}
    assert pick(overall, "rank") == {"a": 2, "b": 1, "c": None, "d": None, "z": None}
    assert overall["c"]["reason"] == "It has no scores in the task “two”."
    assert overall["z"]["reason"] == "It has no scores in any task."
    assert overall["a"]["interval"][1] == 2


def test_consensus_of_what_ranks_nowhere_says_so() -> None:
    """The two metrics are in different tasks."""
    scores = read_scores(
        csv_of(rows_of({"a": [1]}, task="one") + rows_of({"a": [1]}, task="two", metric="hd"))
    )
    both = {"kind": "metric-ranks", "metrics": ["dice", "hd"], "name": "mean"}
    result = run(both, CONSENSUS, scores=scores, metrics=METRICS, bootstrap=BOOTSTRAP)
    assert result["mean"]["one"]["a"]["reason"] == "The task “one” has no scores by “hd”."
    assert result["overall"]["all"]["a"]["reason"] == "“mean” ranks in no task."


def test_consensus_of_tasks_that_share_nobody_is_empty() -> None:
    scores = read_scores(csv_of(rows_of({"a": [1, 2]}, task="one") + rows_of({"b": [1]})))
    result = run(MEAN, CONSENSUS, scores=scores, bootstrap=BOOTSTRAP)
    assert pick(result["overall"]["all"], "rank") == {"a": None, "b": None}


def test_metric_that_no_scheme_uses_need_not_be_there() -> None:
    assert run(MEAN, metrics=METRICS)["mean"]["t"]["a"]["rank"] == 1


def test_absent_entries_may_come_after_the_largest_rank() -> None:
    """c: 3 and 3 + 1; d: 3 + 1 and 2."""
    scheme = {**CONSENSUS, "absent": "worst"}
    result = run(MEAN, scheme, scores=TWO_TASKS, metrics=METRICS)
    assert pick(result["overall"]["all"], "value") == {
        "a": 2,
        "b": 1.5,
        "c": 3.5,
        "d": 3,
        "z": None,
    }


def test_ranks_of_several_metrics() -> None:
    """dice ranks a 1, b 2; hd ranks b 1, a 2 and c, which has none, 3."""
    scores = read_scores(
        csv_of(
            rows_of({"a": [0.9], "b": [0.8], "c": [0.1]})
            + rows_of({"a": [9], "b": [1], "c": [None]}, metric="hd")
        )
    )
    scheme = {"kind": "metric-ranks", "metrics": ["dice", "hd"], "name": "s"}
    found = run(scheme, scores=scores, metrics=METRICS)["s"]["t"]
    assert pick(found, "value") == {"a": 1.5, "b": 1.5, "c": 3}
    assert pick(found, "rank") == {"a": 1, "b": 1, "c": 3}


def test_clusters_widen_intervals() -> None:
    scores = table_of({name: values * 10 for name, values in SCORES.items()})
    clusters = {f"c{case:02}": f"p{case % 6}" for case in range(60)}
    one = run(MEAN, scores=scores, bootstrap=BOOTSTRAP)
    other = run(MEAN, scores=scores, bootstrap={**BOOTSTRAP, "cluster": {"cases": clusters}})
    narrow, wide = (result["mean"]["t"]["a"]["value_interval"] for result in (one, other))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    assert any("6 independent groups" in note["text"] for note in other["about"]["notes"])


def test_clusters_by_separator() -> None:
    rows = [["t", f"{p}/{n}", a, "dice", p + n] for p in range(3) for n in range(2) for a in "xy"]
    scores = read_scores(csv_of(rows))
    result = run(MEAN, scores=scores, bootstrap={**BOOTSTRAP, "cluster": {"separator": "/"}})
    assert any("3 independent groups" in note["text"] for note in result["about"]["notes"])


def test_case_without_cluster_is_refused() -> None:
    with pytest.raises(RankingRefused, match="There is nothing for “c01”"):
        run(MEAN, bootstrap={**BOOTSTRAP, "cluster": {"cases": {"c00": "p"}}})


def test_cluster_in_two_strata_is_refused() -> None:
    cases = [f"c{case:02}" for case in range(6)]
    bootstrap = {
        **BOOTSTRAP,
        "cluster": {"cases": dict.fromkeys(cases, "p")},
        "strata": {"cases": {case: case for case in cases}},
    }
    with pytest.raises(RankingRefused, match="lies in the strata"):
        run(MEAN, bootstrap=bootstrap)


def test_results_are_canonical_json() -> None:
    written = rank_bytes(parse_plan(plan_of(MEAN, bootstrap=BOOTSTRAP)), table_of(SCORES))
    assert json.loads(written) == run(MEAN, bootstrap=BOOTSTRAP)
    assert written.endswith(b"}\n")
    assert b": " not in written.replace(b": the", b"")[:200]


def test_a_scheme_beside_changes_nothing() -> None:
    """Its draws are those of the task, whatever else is ranked."""
    alone = run(MEAN, bootstrap=BOOTSTRAP)["mean"]["t"]
    beside = run(MEAN, TESTS, bootstrap=BOOTSTRAP)["mean"]["t"]
    assert alone == beside


def test_intervals_of_values_end_at_the_metrics_range_and_those_of_ranks_do_not() -> None:
    scores = table_of({"a": [0.9, 0.8, 0.95, 0.7], "b": [0.1, 0.2, 0.05, 0.3]})
    ranks = {"kind": "rank-then-aggregate", "metric": "dice", "name": "ranks"}
    metrics = {"dice": {"direction": "higher", "range": [0, 1]}}
    plain = run(MEAN, ranks, scores=scores, bootstrap=BOOTSTRAP)
    ended = run(MEAN, ranks, scores=scores, bootstrap=BOOTSTRAP, metrics=metrics)
    (low, high), (lower, higher) = (
        [found["mean"]["t"][name]["value_interval"][end] for name, end in (("b", 0), ("a", 1))]
        for found in (plain, ended)
    )
    assert low < 0 < 1 < high
    assert (lower, higher) == (0, 1)
    assert ended["ranks"] == plain["ranks"]


VALUES = st.none() | st.integers(0, 5).map(lambda value: value / 5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from(["min", "average", "dense"]),
    st.sampled_from(["pairwise", "percentile"]),
)
def test_any_scores_give_ranks_inside_their_intervals(rows, ties, ranks) -> None:
    scores = table_of({f"a{at}": row for at, row in enumerate(rows)})
    kinds = ("absolute", "rank-then-aggregate", "test-based")
    schemes = [{"kind": kind, "metric": "dice", "name": kind} for kind in kinds]
    result = run(
        *schemes, scores=scores, ties=ties, bootstrap={"seed": 1, "draws": 20}, ci={"ranks": ranks}
    )
    for kind in kinds:
        for entry in result[kind]["t"].values():
            low, high = entry["interval"]
            assert 1 <= low <= entry["rank"] <= high <= len(rows)
