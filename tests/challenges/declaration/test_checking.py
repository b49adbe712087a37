"""What a declared design may say, and how that is said otherwise: text, differences, exports."""

import csv
import io
from typing import Any

import pytest

from app.challenges.declaration import (
    DesignInvalid,
    Level,
    answers_of,
    changes_between,
    checked_design,
    checklist_csv,
    digest_of,
    methods_text,
    plan_words,
)

PLAN = {
    "version": 1,
    "metrics": {
        "dice": {"direction": "higher", "missing": {"rule": "value", "value": 0}},
        "hd95": {"direction": "lower"},
    },
    "schemes": [
        {"kind": "rank-then-aggregate", "metric": "dice", "aggregate": "median"},
        {"kind": "test-based", "metric": "hd95"},
    ],
    "ties": "average",
    "bootstrap": {"seed": 7},
}
METRICS = [
    {"name": "dice", "reason": "Overlap is what counts for volumes."},
    {"name": "hd95", "reason": "Borders matter for surgery."},
]
DESIGN: dict[str, Any] = {
    "version": 1,
    "task": "Segment lungs.",
    "test_cases": 40,
    "annotator_count": 3,
    "metrics": METRICS,
    "ranking_plan": PLAN,
    "prizes": "=cmd()",
}


def problems(document: Any, level: Level = Level.CHALLENGE) -> dict[str, list[str]]:
    with pytest.raises(DesignInvalid) as caught:
        checked_design(document, level=level)
    return caught.value.problems


class TestChecking:
    def test_empty_answers_are_left_out(self) -> None:
        given = {**DESIGN, "code": "", "training_cases": None}
        assert checked_design(given, level=Level.CHALLENGE) == DESIGN

    def test_zero_is_an_answer(self) -> None:
        found = checked_design({"version": 1, "training_cases": 0}, level=Level.CHALLENGE)
        assert found["training_cases"] == 0

    @pytest.mark.parametrize(
        ("document", "item", "words"),
        [
            ([], "", "object"),
            ({"version": 2}, "", "version must be 1"),
            ({"version": 1, "colour": "red"}, "", "“colour” is not known"),
            ({"version": 1, "task": 3}, "task", "type string"),
            ({"version": 1, "task": "x" * 20_001}, "task", "20000"),
            ({"version": 1, "task": "a\x00b"}, "", "NUL"),
            ({"version": 1, "task": "\ud800"}, "", "Unicode"),
            ({"version": 1, "test_cases": float("nan")}, "", "JSON"),
            ({"version": 1, "test_cases": -1}, "test_cases", "0 or more"),
            ({"version": 1, "test_cases": True}, "test_cases", "integer"),
            ({"version": 1, "metrics": [{"name": "dice"}]}, "metrics", "“reason” is missing"),
            ({"version": 1, "ranking_plan": {"version": 1}}, "ranking_plan", "is missing"),
        ],
    )
    def test_what_is_wrong_is_said_where(self, document: Any, item: str, words: str) -> None:
        assert words in problems(document)[item][0]

    def test_a_plan_ranks_by_declared_metrics(self) -> None:
        found = problems({**DESIGN, "metrics": METRICS[:1]})
        assert "“hd95”" in found["ranking_plan"][0]

    def test_a_phase_declares_only_what_differs_between_phases(self) -> None:
        assert "“prizes” is not known" in problems(DESIGN, Level.PHASE)[""][0]
        checked_design({"version": 1, "test_cases": 3}, level=Level.PHASE)

    def test_nesting_without_end_is_refused(self) -> None:
        deep: Any = {}
        for _ in range(100_000):
            deep = {"a": deep}
        assert problems({"version": 1, "ranking_plan": deep})

    def test_the_digest_does_not_depend_on_the_order(self) -> None:
        assert digest_of(DESIGN) == digest_of(dict(reversed(DESIGN.items())))
        assert digest_of(DESIGN) != digest_of({**DESIGN, "test_cases": 41})


def test_a_plan_says_its_rules_for_missing_values_and_ties() -> None:
    words = " ".join(plan_words(PLAN))
    assert "ranked by “dice” in each case; the median of these ranks decides" in words
    assert "A missing score of “dice” counts as 0." in words
    assert "A missing score of “hd95” gets the worst rank." in words
    assert "share the mean of their places" in words
    assert "1000 bootstrap draws of the cases (seed 7)" in words
    assert "where those of two entries overlap, the cases may not decide between them." in words


def test_a_plan_says_which_cases_are_drawn_together() -> None:
    drawn = {"seed": 7, "cluster": {"separator": "/"}, "strata": {"cases": {"case 001": "site A"}}}
    words = " ".join(plan_words({**PLAN, "bootstrap": drawn}))
    assert "Cases of one group (the case's name before “/”) are drawn together." in words
    assert "Each draw has as many cases of each stratum." in words


def test_changes_say_before_and_after() -> None:
    after = {**DESIGN, "test_cases": 41, "code": "Open."}
    del after["prizes"]
    found = [(one.name, one.before, one.after) for one in changes_between(DESIGN, after)]
    assert found == [("test_cases", "40", "41"), ("prizes", "=cmd()", ""), ("code", "", "Open.")]


def test_sections_without_answers_are_not_shown() -> None:
    titles = [part.title for part in answers_of(DESIGN)]
    assert titles == ["Mission", "Data", "Annotation", "Assessment", "Rules"]
    assert [part.title for part in answers_of({"task": "x"})] == ["Mission"]


class TestExports:
    def test_the_checklist_has_every_item_and_is_no_formula(self) -> None:
        parts = {"Challenge": DESIGN, "Phase: Final": {"version": 1, "test_cases": 9}}
        rows = list(csv.DictReader(io.StringIO(checklist_csv(parts))))
        by_item = {(row["part"], row["item"]): row for row in rows}
        assert by_item["Challenge", "Conflicts of interest"]["stated"] == "no"
        assert by_item["Challenge", "Prizes"]["answer"] == "'=cmd()"
        assert "counts as 0" in by_item["Challenge", "Missing results"]["answer"]
        assert "Tied entries" in by_item["Challenge", "Ties"]["answer"]
        assert by_item["Phase: Final", "Test cases"]["answer"] == "9"
        assert ("Phase: Final", "Task") not in by_item

    def test_the_methods_paragraph_says_what_is_stated_and_no_more(self) -> None:
        text = methods_text("Lungs {0}", DESIGN, declared="Frozen on a day.")
        assert text.startswith("The challenge “Lungs {0}”")
        assert "There were 40 test cases." in text
        assert "Metrics: dice (Overlap" in text
        assert "Annotators per case: 3." in text
        assert text.endswith("Frozen on a day.")
        assert "training" not in text
        assert "\n" not in text
