"""From a plan's JSON to `Plan`; what is wrong is said in words, with the place."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from app.challenges.ranking.aggregates import Aggregate
from app.challenges.ranking.canonical import canonical_json
from app.challenges.ranking.plan import (
    Bootstrap,
    Groups,
    Intervals,
    Invalid,
    Kind,
    Metric,
    Missing,
    Plan,
    RankIntervals,
    Scheme,
)
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import Ties

SCHEMA = json.loads((Path(__file__).parent / "plan.schema.json").read_text())
MOST_BYTES = 32 << 20
_CHECK = Draft202012Validator(SCHEMA)


class PlanInvalid(Exception):
    """The plan cannot be run; the message says where and why."""


def read_plan(data: bytes) -> Plan:
    """Return the plan in ``data``; raises `PlanInvalid`."""
    if len(data) > MOST_BYTES:
        raise PlanInvalid(f"The plan has more than {MOST_BYTES >> 20} MB.")
    try:
        document = json.loads(data, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise PlanInvalid("The plan is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise PlanInvalid(
            f"The plan is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise PlanInvalid("The plan is nested too deeply.") from None
    except ValueError:
        raise PlanInvalid("A number in the plan is too long.") from None
    return parse_plan(document)


def parse_plan(document: Any) -> Plan:
    """Return the plan in a parsed JSON ``document``; raises `PlanInvalid`."""
    try:
        worst = best_match(_CHECK.iter_errors(document))
        digest = "" if worst else hashlib.sha256(canonical_json(document)).hexdigest()
    except RecursionError:
        raise PlanInvalid("The plan is nested too deeply.") from None
    except UnicodeEncodeError:
        raise PlanInvalid("The plan has text that is not Unicode (a lone surrogate).") from None
    if worst is not None:
        raise PlanInvalid(f"{_place(worst)}: {_words(worst)}")
    missing = _missing(document.get("missing"), Missing())
    metrics = {
        name: Metric(
            name=name,
            direction=Direction(given["direction"].upper()),
            missing=_missing(given.get("missing"), missing),
            range=_range(name, given.get("range")),
        )
        for name, given in document["metrics"].items()
    }
    ci = document.get("ci", {})
    return Plan(
        metrics=metrics,
        schemes=_schemes(document["schemes"], metrics),
        ties=Ties(document.get("ties", "min")),
        invalid=Invalid(document.get("invalid", "missing")),
        bootstrap=_bootstrap(document.get("bootstrap")),
        ci=Intervals(
            level=float(ci.get("level", 0.95)),
            ranks=RankIntervals(ci.get("ranks", "pairwise")),
            values=ci.get("values", "auto"),
        ),
        digest=digest,
    )


def _range(name: str, given: list[float] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    low, high = map(float, given)
    if low >= high:
        raise PlanInvalid(f"metrics.{name}.range: The lowest value comes first, then the highest.")
    return low, high


def _schemes(given: list[Any], metrics: Mapping[str, Metric]) -> tuple[Scheme, ...]:
    schemes: dict[str, Scheme] = {}
    for at, one in enumerate(given):
        scheme = _scheme(one)
        if scheme.name in schemes:
            raise PlanInvalid(
                f"schemes[{at}]: There is a scheme “{scheme.name}” already; give it a “name”."
            )
        for metric in scheme.metrics:
            if metric not in metrics:
                raise PlanInvalid(
                    f"schemes[{at}]: The metric “{metric}” is not in “metrics”, where its "
                    "direction is declared."
                )
        schemes[scheme.name] = scheme
    for at, scheme in enumerate(schemes.values()):
        if scheme.kind is Kind.CONSENSUS:
            found = schemes.get(scheme.of)
            if found is None or found.kind is Kind.CONSENSUS:
                raise PlanInvalid(
                    f"schemes[{at}].of: “{scheme.of}” is not the name of a scheme within tasks."
                )
    return tuple(schemes.values())


def _scheme(given: Mapping[str, Any]) -> Scheme:
    kind = Kind(given["kind"])
    metrics = tuple(given.get("metrics", [given["metric"]] if "metric" in given else []))
    over_cases = kind in (Kind.AGGREGATE_THEN_RANK, Kind.RANK_THEN_AGGREGATE)
    aggregate = _aggregate(given.get("aggregate" if over_cases else "cases"))
    across = Aggregate() if over_cases else _aggregate(given.get("aggregate"))
    return Scheme(
        name=given.get("name", _name(kind, given, aggregate if over_cases else across)),
        kind=kind,
        metrics=metrics,
        aggregate=aggregate,
        across=across,
        alpha=float(given.get("alpha", 0.05)),
        of=given.get("of", ""),
        absent_is_worst=given.get("absent") == "worst",
    )


def _name(kind: Kind, given: Mapping[str, Any], aggregate: Aggregate) -> str:
    """Name a scheme that has no name after what it does."""
    parts = [kind.value, str(given.get("metric", given.get("of", "")))]
    if kind not in (Kind.ABSOLUTE, Kind.TEST_BASED):
        parts.append(aggregate.name)
    return "-".join(part for part in parts if part)


def _aggregate(given: Any) -> Aggregate:
    if given is None or given == "mean":
        return Aggregate()
    return Aggregate(quantile=0.5 if given == "median" else float(given["quantile"]))


def _missing(given: Mapping[str, Any] | None, default: Missing) -> Missing:
    if given is None:
        return default
    return Missing(value=float(given["value"]) if given["rule"] == "value" else None)


def _bootstrap(given: Mapping[str, Any] | None) -> Bootstrap | None:
    if given is None:
        return None
    return Bootstrap(
        seed=int(given["seed"]),
        draws=int(given.get("draws", 1000)),
        cluster=Groups(**(given.get("cluster") or {})),
        strata=Groups(**(given.get("strata") or {})),
    )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PlanInvalid(f"The plan has the key “{twice[:40]}” twice in one object.")
    return found


def _no_constant(text: str) -> float:
    raise PlanInvalid(f"The plan has {text}, which is not JSON.")


def _place(error: ValidationError) -> str:
    place = ""
    for part in error.absolute_path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place or "The plan"


def _words(error: ValidationError) -> str:
    """Say in words what the schema's keyword asks for."""
    wanted: Any = error.validator_value
    given: Any = error.instance
    found = json.dumps(given, ensure_ascii=True)[:60]
    keyword = str(error.validator)
    if keyword == "required":
        absent = [f"“{name}”" for name in wanted if name not in given]
        return f"{', '.join(absent)} is missing."
    if keyword == "additionalProperties":
        schema = error.schema if isinstance(error.schema, Mapping) else {}
        known = schema.get("properties", {})
        extra = [f"“{name}”" for name in given if name not in known]
        return f"{', '.join(extra)[:100]} is not known here; there are {', '.join(known)}."
    if isinstance(wanted, list):
        wanted = ", ".join(str(one) for one in wanted)
    said = _SAID.get(keyword, "is too short or too long ({keyword} {wanted})")
    return f"{found} {said.format(keyword=keyword, wanted=wanted)}."


_SAID = {
    "enum": "is not one of {wanted}",
    "const": "is not {wanted}",
    "type": "is not of the type {wanted}",
    "anyOf": "is none of the forms allowed here, see docs/ranking.md",
    "not": "is not allowed here: “value” goes with the rule “value”, and “about” is taken",
    "pattern": "is not a name of small letters, digits, dots and hyphens",
    "minimum": "is less than {wanted}",
    "maximum": "is more than {wanted}",
    "exclusiveMinimum": "is not more than {wanted}",
    "exclusiveMaximum": "is not less than {wanted}",
    "uniqueItems": "has something twice",
}
