"""Pictures of stored rankings: made once for a ranking, a scheme and a task, then cached.

What is cached is never out of date: its name has the digest of the scores, which change where a
name is erased, and `_MADE_BY` grows with the code.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache

from app.challenges.leaderboards.rankings import may_download, results_of, scores_of
from app.challenges.models import Ranking
from app.challenges.ranking import parse_plan
from app.challenges.ranking.pictures import KINDS, Asked, PictureKind, Table, picture, why_not
from app.challenges.ranking.plan import ABOUT, Plan
from app.challenges.ranking.plots.parts import Spec, in_order
from app.core.errors import NotFound

_MADE_BY = 1
_KEPT = 7 * 24 * 3600
_UNPUBLISHED = "Scores of single cases are not published; the organizers see them."
_TESTED = "pairs"
"""The kind of picture that shows a test-based scheme, whichever is chosen."""


@dataclass(frozen=True)
class Choice:
    """The scheme and the task that are looked at, and what else there is."""

    scheme: str
    task: str
    schemes: list[str]
    tasks: list[str]
    entries: int
    """Of the task, ranked or not."""

    @property
    def query(self) -> str:
        """The part of an address that chooses the same."""
        return urlencode({"scheme": self.scheme, "task": self.task})


@dataclass(frozen=True)
class Told:
    """What a picture tells, and by which scheme; or why there is none."""

    why_not: str
    finding: str = ""
    table: Table | None = None
    scheme: str = ""


@dataclass(frozen=True)
class Shown:
    """A picture on a page."""

    kind: PictureKind
    told: Told


def choice_of(ranking: Ranking, *, scheme: str = "", task: str = "") -> Choice:
    """Return what of the ranking is looked at; what it has not gives way to its first."""
    counts = _counts(ranking)
    scheme = scheme if scheme in counts else next(iter(counts))
    tasks = counts[scheme]
    task = task if task in tasks else next(iter(tasks), "")
    return Choice(scheme, task, list(counts), list(tasks), tasks.get(task, 0))


def pictures_of(user: Any, ranking: Ranking, choice: Choice) -> list[Shown]:
    """Return what each picture tells ``user``."""
    told = _told(ranking, choice)
    secret = (
        set() if may_download(user, ranking) else {k for k, v in KINDS.items() if v.names_cases}
    )
    return [
        Shown(kind, Told(_UNPUBLISHED) if key in secret and not told[key].why_not else told[key])
        for key, kind in KINDS.items()
    ]


def specification(user: Any, ranking: Ranking, choice: Choice, key: str) -> Spec:
    """Return a picture to draw; raises `NotFound` where there is none for ``user``."""
    kind = KINDS.get(key)
    if kind is None or (kind.names_cases and not may_download(user, ranking)):
        raise NotFound
    name = _name(ranking, choice, key)
    found: Spec | None = cache.get(name)
    if found is None:
        found = _make(ranking, choice)[0].get(key)
    if found is None:
        raise NotFound
    return found


def _counts(ranking: Ranking) -> dict[str, dict[str, int]]:
    """Return the number of entries by scheme, in the order of the plan, and by task."""
    name = f"ranking-pictures:{_MADE_BY}:{ranking.pk}"
    found: dict[str, dict[str, int]] | None = cache.get(name)
    if found is None:
        results = results_of(ranking)
        schemes = [one.name for one in parse_plan(ranking.plan).schemes]
        found = {
            one: {task: len(entries) for task, entries in sorted(results.get(one, {}).items())}
            for one in schemes
        }
        cache.set(name, found, _KEPT)
    return found


def _name(ranking: Ranking, choice: Choice, what: str) -> str:
    chosen = hashlib.sha256(f"{choice.scheme}\0{choice.task}".encode()).hexdigest()
    scores = ranking.scores_sha256
    return f"ranking-pictures:{_MADE_BY}:{ranking.pk}:{scores}:{chosen}:{what}"


def _told(ranking: Ranking, choice: Choice) -> dict[str, Told]:
    """Return what each picture tells, by kind."""
    found: dict[str, Told] | None = cache.get(_name(ranking, choice, "told"))
    return found or _make(ranking, choice)[1]


def _make(ranking: Ranking, choice: Choice) -> tuple[dict[str, Spec], dict[str, Told]]:
    """Make and keep all pictures; return the specifications and what they tell, by kind."""
    specs: dict[str, Spec] = {}
    told: dict[str, Told] = {}
    for key, asked in _asked(ranking, choice).items():
        missing = _lacks(KINDS[key], asked)
        if missing:
            told[key] = Told(missing)
            continue
        made = picture(KINDS[key], asked)
        specs[key] = made.spec
        told[key] = Told("", made.finding, made.table, asked.scheme.name)
    kept = {_name(ranking, choice, key): spec for key, spec in specs.items()}
    cache.set_many({**kept, _name(ranking, choice, "told"): told}, _KEPT)
    return specs, told


def _asked(ranking: Ranking, choice: Choice) -> dict[str, Asked]:
    """Return what each kind of picture is made of."""
    plan, results, scores = parse_plan(ranking.plan), results_of(ranking), scores_of(ranking)
    by_name = {scheme.name: scheme for scheme in plan.schemes}
    chosen = Asked(plan, scores, results, by_name[choice.scheme], choice.task)
    tested = replace(chosen, scheme=by_name[_tested(plan, results, choice)])
    return {key: tested if key == _TESTED else chosen for key in KINDS}


def _lacks(kind: PictureKind, asked: Asked) -> str:
    if asked.task not in asked.all_results[asked.scheme.name]:
        return "Nothing is ranked yet."
    return why_not(kind, asked)


def _tested(plan: Plan, results: Mapping[str, Any], choice: Choice) -> str:
    """Return the chosen scheme if it makes tests of the task, else the first that does."""
    tests = results[ABOUT]["tests"]
    names = [choice.scheme, *(scheme.name for scheme in plan.schemes)]
    return next((one for one in names if choice.task in tests.get(one, {})), choice.scheme)


def order_of(results: Mapping[str, Any], choice: Choice) -> list[str]:
    """Return the ranked entries, the best first."""
    return in_order(results, choice.scheme, choice.task)
