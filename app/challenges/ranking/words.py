"""A ranking plan as sentences, so that what is read is what is run."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.challenges.ranking.plan import Bootstrap, Groups, Kind, Metric, Plan, RankIntervals, Scheme
from app.challenges.ranking.plan_reading import parse_plan
from app.challenges.ranking.ranks import Ties

_TIES = {
    Ties.MIN: "Tied entries share the best of their places (1, 1, 3).",
    Ties.AVERAGE: "Tied entries share the mean of their places (1.5, 1.5, 3).",
    Ties.DENSE: "Tied entries share a place, and the next one follows at once (1, 1, 2).",
}

_RANKS = {
    RankIntervals.PAIRWISE: "The plausible ranks of an entry come from all its comparisons with "
    "the others at once; where those of two entries overlap, the cases may not decide between "
    "them.",
    RankIntervals.PERCENTILE: "Plausible ranks are percentiles of the ranks in the draws.",
}


def plan_words(document: Mapping[str, Any]) -> list[str]:
    """Return what a checked plan does: schemes, missing values, ties, resampling."""
    plan = parse_plan(document)
    words = [*(_scheme(scheme) for scheme in plan.schemes), *missing_rules(plan), tie_rule(plan)]
    words += _ranges(plan)
    if plan.bootstrap:
        words += _draws(plan.bootstrap)
    words.append(f"Intervals are at the level {plan.ci.level:g}.")
    if plan.bootstrap:
        words.append(_RANKS[plan.ci.ranks])
    return words


def _ranges(plan: Plan) -> Iterator[str]:
    for metric in plan.metrics.values():
        if metric.range is not None:
            low, high = metric.range
            yield f"Values of “{metric.name}” lie between {low:g} and {high:g}."


def _draws(bootstrap: Bootstrap) -> list[str]:
    words = [
        f"The ranking is repeated on {bootstrap.draws} bootstrap draws of the cases "
        f"(seed {bootstrap.seed})."
    ]
    if bootstrap.cluster:
        words.append(f"Cases of one group{_by(bootstrap.cluster)} are drawn together.")
    if bootstrap.strata:
        words.append(f"Each draw has as many cases of each stratum{_by(bootstrap.strata)}.")
    return words


def _by(groups: Groups) -> str:
    return f" (the case's name before “{groups.separator}”)" if groups.separator else ""


def tie_rule(plan: Plan) -> str:
    """Return the rule for ties in words."""
    return _TIES[plan.ties]


def missing_rules(plan: Plan) -> list[str]:
    """Return the rule for missing values of each metric, where they differ, in words."""
    rules: dict[str, list[str]] = {}
    for metric in plan.metrics.values():
        rules.setdefault(_missing(metric), []).append(metric.name)
    if len(rules) == 1:
        return [f"A missing score {next(iter(rules))}."]
    return [f"A missing score of {_listed(names)} {rule}." for rule, names in rules.items()]


def _missing(metric: Metric) -> str:
    if metric.missing.value is None:
        return "gets the worst rank"
    return f"counts as {metric.missing.value:g}"


def _scheme(scheme: Scheme) -> str:
    metrics = _listed(scheme.metrics)
    over, across = scheme.aggregate.name, scheme.across.name
    said = {
        Kind.ABSOLUTE: f"Entries are ranked by {metrics}.",
        Kind.METRIC_RANKS: f"Entries are ranked by {metrics}; the {across} of these ranks decides.",
        Kind.AGGREGATE_THEN_RANK: f"Entries are ranked by the {over} of {metrics} over the cases.",
        Kind.RANK_THEN_AGGREGATE: f"Entries are ranked by {metrics} in each case; the {over} of "
        "these ranks decides.",
        Kind.TEST_BASED: f"Entries are ranked by how many others they beat in {metrics} "
        f"(one-sided Wilcoxon signed-rank tests, alpha {scheme.alpha:g}).",
        Kind.CONSENSUS: f"Over tasks, the {across} of the ranks by “{scheme.of}” decides.",
    }[scheme.kind]
    return f"{said[:-1]} (scheme “{scheme.name}”)."


def _listed(names: Any) -> str:
    return ", ".join(f"“{name}”" for name in names)
