"""What can be used of the results of single cases, and what is said of the rest."""

from typing import Any

import pytest

from app.challenges.scoring import read_results
from app.challenges.scoring.results import MOST_FAULTS, MOST_SCORES


def test_metrics_and_classes_of_each_case() -> None:
    entry = {
        "case": "a",
        "pk": "job-1",
        "metrics": {"dice": 0.5, "count": 3},
        "classes": {"liver": {"dice": 0.75}},
        "note": "  two\nlines ",
    }
    (case,) = read_results({"results": [entry]}).cases
    assert case.keys == ("job-1", "a"), "the surest first"
    found = [(score.metric, score.label, score.value) for score in case.scores]
    assert found == [("dice", "", 0.5), ("count", "", 3.0), ("dice", "liver", 0.75)]
    assert case.note == "two lines"


def test_a_case_may_be_named_by_an_object() -> None:
    named = {"image": {"pk": "i", "name": "n"}, "metrics": {}}
    assert read_results({"results": [named]}).cases[0].keys == ("i", "n")


@pytest.mark.parametrize(
    "value",
    [True, "0.5", float("nan"), float("inf"), [], {}, pytest.param(10**400, id="huge")],
)
def test_what_is_no_number_is_missing_and_said(value: Any) -> None:
    results = read_results({"results": [{"case": "a", "metrics": {"dice": value}}]})
    assert results.cases[0].scores[0].value is None
    assert results.faults == ("results[0].metrics.dice is no finite number; it counts as missing.",)


def test_null_is_missing_and_no_fault() -> None:
    results = read_results({"results": [{"case": "a", "metrics": {"dice": None}}]})
    assert (results.cases[0].scores[0].value, results.faults) == (None, ())


@pytest.mark.parametrize("metrics", [None, [], 1, "x", {}, {"cases": [{"dice": 1}]}])
def test_without_results_there_is_nothing_to_say(metrics: Any) -> None:
    assert read_results(metrics) == read_results({})


@pytest.mark.parametrize(
    "entry",
    [1, None, [], {}, {"case": ""}, {"case": 7, "metrics": {}}],
)
def test_entries_that_name_no_case_are_faults(entry: Any) -> None:
    results = read_results({"results": [entry]})
    assert results.cases == ()
    assert len(results.faults) == 1


def test_what_is_odd_inside_an_entry_is_left_out() -> None:
    entry = {"case": "a", "metrics": 1, "classes": [], "note": 5}
    results = read_results({"results": [entry]})
    assert results.cases[0].scores == ()
    assert len(results.faults) == 1, "an empty list of classes is none"
    names = {"case": "a", "metrics": {"": 1, "x" * 101: 1, "\x00": 1}, "classes": {"": {}}}
    assert len(read_results({"results": [names]}).faults) == 4


def test_it_is_bounded() -> None:
    many = {str(number): 1 for number in range(MOST_SCORES // 2)}
    entries = [{"case": str(place), "metrics": many} for place in range(3)]
    results = read_results({"results": entries})
    assert len(results.cases) == 2
    assert "the rest is left out" in results.faults[0]
    faults = read_results({"results": [1] * (MOST_FAULTS + 5)}).faults
    assert (len(faults), faults[-1]) == (MOST_FAULTS + 1, "And 5 more.")
