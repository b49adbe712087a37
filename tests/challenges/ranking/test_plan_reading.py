import contextlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.challenges.ranking import PlanInvalid, parse_plan, read_plan
from app.challenges.ranking.aggregates import Aggregate
from app.challenges.ranking.plan import Bootstrap, Groups, Intervals, Kind, Missing, RankIntervals
from app.challenges.ranking.plan_reading import SCHEMA
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import Ties
from app.challenges.ranking.schemes import PREPARE
from tests.challenges.ranking.tables import plan_of

FULL = {
    "version": 1,
    "metrics": {
        "dice": {"direction": "higher", "missing": {"rule": "value", "value": 0}},
        "hd95": {"direction": "lower"},
    },
    "schemes": [
        {"kind": "absolute", "metric": "dice"},
        {"kind": "metric-ranks", "metrics": ["dice", "hd95"], "aggregate": "median"},
        {"kind": "aggregate-then-rank", "metric": "hd95", "aggregate": {"quantile": 0.95}},
        {"kind": "rank-then-aggregate", "metric": "dice", "aggregate": "median"},
        {"kind": "test-based", "metric": "dice", "alpha": 0.01, "name": "tests"},
        {"kind": "consensus", "of": "tests", "absent": "worst"},
    ],
    "missing": {"rule": "worst"},
    "ties": "average",
    "invalid": "refuse",
    "bootstrap": {"draws": 2000, "seed": 42, "cluster": {"separator": "/"}, "strata": None},
    "ci": {"level": 0.9, "ranks": "percentile", "values": "bca"},
}


def test_full_plan_is_read() -> None:
    plan = parse_plan(FULL)
    assert plan.metrics["dice"].missing == Missing(value=0)
    assert plan.metrics["dice"].direction is Direction.HIGHER
    assert plan.metrics["hd95"].missing == Missing()
    assert [scheme.name for scheme in plan.schemes] == [
        "absolute-dice",
        "metric-ranks-median",
        "aggregate-then-rank-hd95-quantile-0.95",
        "rank-then-aggregate-dice-median",
        "tests",
        "consensus-tests-mean",
    ]
    assert plan.schemes[1].across == Aggregate(0.5)
    assert plan.schemes[1].aggregate == Aggregate()
    assert plan.schemes[2].aggregate == Aggregate(0.95)
    assert plan.schemes[4].alpha == 0.01
    assert plan.schemes[5].absent_is_worst
    assert plan.ties is Ties.AVERAGE
    assert plan.bootstrap == Bootstrap(seed=42, draws=2000, cluster=Groups(separator="/"))
    assert plan.ci == Intervals(level=0.9, ranks=RankIntervals.PERCENTILE, values="bca")


def test_digest_is_of_the_content_not_the_spelling() -> None:
    spelled = json.dumps(FULL, indent=4).encode()
    assert read_plan(spelled).digest == parse_plan(FULL).digest
    assert parse_plan({**FULL, "ties": "min"}).digest != parse_plan(FULL).digest


def test_schema_is_a_schema_and_knows_every_scheme() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    kinds = SCHEMA["$defs"]["scheme"]["properties"]["kind"]["enum"]
    assert kinds == [kind.value for kind in Kind]
    assert set(PREPARE) == set(Kind) - {Kind.CONSENSUS}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version: 2 is not 1"),
        ({"schemes": None}, "schemes: null is not of the type array"),
        ({"schemes": []}, "schemes: [] is too short"),
        ({"more": 1}, "The plan: “more” is not known here; there are version, metrics"),
        ({"ties": "max"}, 'ties: "max" is not one of min, average, dense'),
        ({"metrics": {"dice": {}}}, "metrics.dice: “direction” is missing"),
        ({"metrics": {"dice": {"direction": "up"}}}, '"up" is not one of higher, lower'),
        ({"missing": {"rule": "value"}}, "missing: “value” is missing"),
        ({"missing": {"rule": "worst", "value": 0}}, "goes with the rule “value”"),
        ({"missing": {"rule": "value", "value": True}}, "true is not of the type number"),
        ({"missing": {"rule": "value", "value": "0"}}, '"0" is not of the type number'),
        ({"missing": {"rule": "value", "value": 1e300}}, "is more than"),
        ({"bootstrap": {}}, "bootstrap: “seed” is missing"),
        ({"bootstrap": {"seed": -1}}, "bootstrap.seed: -1 is less than 0"),
        ({"bootstrap": {"seed": 1.5}}, "bootstrap.seed: 1.5 is not of the type integer"),
        ({"bootstrap": {"seed": 1, "draws": 0}}, "bootstrap.draws: 0 is less than 1"),
        ({"bootstrap": {"seed": 1, "draws": True}}, "true is not of the type integer"),
        ({"bootstrap": {"seed": 1, "cluster": "site"}}, "bootstrap.cluster"),
        ({"ci": {"level": 95}}, "ci.level: 95 is more than 0.999"),
        ({"ci": {"ranks": "exact"}}, "is not one of pairwise, percentile"),
    ],
)
def test_bad_plan_is_refused_in_words(change, words) -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(plan_of(**change))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ({}, "schemes[0]: “kind” is missing"),
        ({"kind": "best"}, "schemes[0].kind"),
        ({"kind": "absolute"}, "schemes[0]: “metric” is missing"),
        ({"kind": "absolute", "metric": "iou"}, "“iou” is not in “metrics”"),
        ({"kind": "absolute", "metric": "dice", "alpha": 1}, "“alpha” is not known here"),
        ({"kind": "absolute", "metric": "dice", "name": "about"}, "“about” is taken"),
        ({"kind": "absolute", "metric": "dice", "name": "A b"}, "small letters"),
        ({"kind": "test-based", "metric": "dice", "alpha": 0}, "alpha: 0 is not more than 0"),
        (
            {"kind": "aggregate-then-rank", "metric": "dice", "aggregate": "sum"},
            "none of the forms",
        ),
        (
            {"kind": "aggregate-then-rank", "metric": "dice", "aggregate": {"quantile": 1}},
            "schemes[0].aggregate",
        ),
        ({"kind": "metric-ranks", "metrics": []}, "schemes[0].metrics: [] is too short"),
        ({"kind": "metric-ranks", "metrics": ["dice", "dice"]}, "has something twice"),
        ({"kind": "consensus", "of": "other"}, "“other” is not the name of a scheme within tasks"),
    ],
)
def test_bad_scheme_is_refused_in_words(scheme, words) -> None:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(plan_of(scheme))
    assert words in str(caught.value)


def test_two_schemes_with_one_name_are_refused() -> None:
    scheme = {"kind": "absolute", "metric": "dice"}
    with pytest.raises(PlanInvalid, match=r"schemes\[1\]: There is a scheme “absolute-dice”"):
        parse_plan(plan_of(scheme, scheme))


def test_consensus_of_a_consensus_is_refused() -> None:
    with pytest.raises(PlanInvalid, match="is not the name of a scheme within tasks"):
        parse_plan(
            plan_of(
                {"kind": "absolute", "metric": "dice", "name": "a"},
                {"kind": "consensus", "of": "a", "name": "b"},
                {"kind": "consensus", "of": "b", "name": "c"},
            )
        )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"{", "line 1"),
        (b"[]", "is not of the type object"),
        (b"\xff{}", "not UTF-8"),
        (b'{"version": 1, "version": 1}', "“version” twice"),
        (b'{"version": NaN}', "NaN, which is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"version":1' + b"0" * 5000 + b"}", "too long"),
    ],
)
def test_bad_json_is_refused_in_words(data, words) -> None:
    with pytest.raises(PlanInvalid, match=words):
        read_plan(data)


@pytest.mark.parametrize("given", [[1, 0], [0, 0], [0], [0, 1, 2], ["0", "1"], {"low": 0}])
def test_a_range_is_its_lowest_and_its_highest_value(given) -> None:
    with pytest.raises(PlanInvalid, match="dice"):
        parse_plan(plan_of(metrics={"dice": {"direction": "higher", "range": given}}))


def test_text_that_is_no_unicode_is_refused() -> None:
    plan = plan_of(metrics={"\ud800": {"direction": "higher"}, "dice": {"direction": "higher"}})
    with pytest.raises(PlanInvalid, match="lone surrogate"):
        parse_plan(plan)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FULL)), JSON)
def test_any_json_is_a_plan_or_refused(key, value) -> None:
    """Never another error, whatever is put in one place of a good plan."""
    with contextlib.suppress(PlanInvalid):
        parse_plan({**FULL, key: value})


def test_plan_of_the_documents_is_a_plan() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ranking.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", page, re.S)
    assert len(read_plan(example.encode()).schemes) == 4
    for word in [*SCHEMA["properties"], *SCHEMA["$defs"]["scheme"]["properties"]["kind"]["enum"]]:
        assert f"`{word}`" in page or f'"{word}"' in page or f"**{word}**" in page, word
