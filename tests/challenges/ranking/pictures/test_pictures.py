"""Every picture says in words and in a table what it shows, and says when it cannot be drawn."""

from dataclasses import replace
from typing import Any

import pytest

from app.challenges.ranking import parse_plan, rank, read_scores
from app.challenges.ranking.canonical import canonical_json
from app.challenges.ranking.pictures import KINDS, Asked, picture, why_not
from app.challenges.ranking.pictures.asked import MOST_ROWS, listed, percent
from tests.challenges.ranking.tables import csv_of, plan_of, rows_of

SCHEMES = (
    {"kind": "aggregate-then-rank", "metric": "dice", "aggregate": "mean", "name": "mean"},
    {"kind": "test-based", "metric": "dice", "name": "tests"},
    {"kind": "consensus", "of": "mean", "name": "overall"},
)
CLOSE = [0.9, 0.8, 0.7, 0.95, 0.85, 0.6, 0.75, 0.81, 0.93, 0.66]
SCORES = {
    "Ada": CLOSE,
    "Bo": [value - 0.01 if at % 2 else value + 0.009 for at, value in enumerate(CLOSE)],
    "Cy": [value - 0.5 - 0.003 * at for at, value in enumerate(CLOSE)],
}


def asked(
    scores: dict[str, Any] | None = None, *, scheme: str = "mean", task: str = "t", **plan: Any
) -> Asked:
    given = {"missing": {"rule": "value", "value": 0}, "bootstrap": {"seed": 1, "draws": 200}}
    more = {key: value for key, value in {**given, **plan}.items() if value is not None}
    found = parse_plan(plan_of(*SCHEMES, **more))
    table = read_scores(csv_of(rows_of(scores or SCORES)))
    by_name = {one.name: one for one in found.schemes}
    return Asked(found, table, rank(found, table), by_name[scheme], task)


@pytest.mark.parametrize("key", KINDS)
def test_every_picture_has_a_finding_and_a_table(key: str) -> None:
    of = asked(scheme="tests" if key == "pairs" else "mean")
    assert why_not(KINDS[key], of) == ""
    made = picture(KINDS[key], of)
    assert made.finding.endswith(".")
    assert made.table.rows
    assert {len(row) for row in made.table.rows} == {len(made.table.heads)}
    assert made.spec["title"]["text"]
    canonical_json(made.spec)


@pytest.mark.parametrize(
    ("key", "scheme", "said"),
    [
        ("ranks", "mean", "Ada and Bo cannot be told apart at the top."),
        ("heat-map", "mean", "Ada and Bo are each first in 5 of 10 cases."),
        ("podium", "mean", "Ada and Bo each stand highest in 5 of 10 cases."),
        ("cases", "mean", "The hardest is c05 (median dice 0.59), the easiest c03 (0.94)."),
        ("pairs", "tests", "2 of 3 pairs can be told apart; Ada and Bo each beat 1 of 2 others."),
        ("stability", "mean", "With other cases like these"),
    ],
)
def test_findings(key: str, scheme: str, said: str) -> None:
    assert picture(KINDS[key], asked(scheme=scheme)).finding.startswith(said)


def test_a_clear_winner_is_said_to_be_one() -> None:
    two = {"Ada": CLOSE, "Cy": SCORES["Cy"]}
    said = picture(KINDS["ranks"], asked(two)).finding
    assert said == (
        "Ada alone can be first: all others have someone who is clearly better. "
        "Ada came first in 100 % of the draws."
    )


def test_equal_entries_are_not_told_apart() -> None:
    same = {"Ada": CLOSE, "Bo": CLOSE}
    assert picture(KINDS["pairs"], asked(same, scheme="tests")).finding == (
        "No entry is shown to be better than another: none of 1 pair."
    )
    assert "No entry can be told apart" in picture(KINDS["ranks"], asked(same)).finding
    assert why_not(KINDS["stability"], asked(same)) == ("In every draw all entries share one rank.")


def test_missing_scores_are_counted() -> None:
    gaps = {"Ada": [*CLOSE[:9], None], "Bo": CLOSE}
    assert "1 score missing." in picture(KINDS["cases"], asked(gaps)).finding


@pytest.mark.parametrize("key", KINDS)
def test_one_entry_is_nothing_to_compare(key: str) -> None:
    assert why_not(KINDS[key], asked({"Ada": CLOSE})) == "It needs two ranked entries at least."


@pytest.mark.parametrize(
    ("key", "says"),
    [("ranks", "two cases"), ("heat-map", "two cases"), ("podium", "two cases")],
)
def test_single_case_draws_nothing(key: str, says: str) -> None:
    assert says in why_not(KINDS[key], asked({"Ada": [0.5], "Bo": [0.6]}))


def test_a_single_number_beside_scores_of_cases_draws_no_cases() -> None:
    by_case = {"metric": "other", "task": "t"}
    rows = rows_of({"Ada": [0.5], "Bo": [0.6]}) + rows_of({"Ada": [1, 2], "Bo": [3, 4]}, **by_case)
    table = read_scores(csv_of(rows))
    assert "two cases" in why_not(KINDS["podium"], replace(asked(), scores=table))


def test_what_a_plan_lacks_is_said() -> None:
    assert "bootstrap" in why_not(KINDS["ranks"], asked(bootstrap=None))
    assert "bootstrap" in why_not(KINDS["stability"], asked(bootstrap=None))
    assert "no tests" in why_not(KINDS["pairs"], asked())
    overall = asked(scheme="overall", task="all")
    assert "ranks over tasks" in why_not(KINDS["podium"], overall)
    assert why_not(KINDS["ranks"], overall) == ""


def test_hundreds_of_entries_are_shown_by_the_best() -> None:
    many = {f"team {at:03}": [value - at / 500 for value in CLOSE] for at in range(60)}
    of = asked(many, scheme="tests", bootstrap={"seed": 1, "draws": 20})
    for key in ("ranks", "heat-map", "pairs"):
        assert len(picture(KINDS[key], of).table.rows) == MOST_ROWS
    assert len(picture(KINDS["pairs"], of).spec["data"]["values"]) == MOST_ROWS * (MOST_ROWS - 1)


def test_words() -> None:
    assert listed([]) == ""
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 others"
    assert [percent(share) for share in (0, 0.004, 0.5, 0.997, 1)] == [
        "0 %",
        "< 1 %",
        "50 %",
        "> 99 %",
        "100 %",
    ]
