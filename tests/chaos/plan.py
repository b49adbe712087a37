"""What has to be struck where: goals, which of them a process at a point offers, what was hit."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.points import Point

MOST_HITS = 4  # strikes at one job or evaluation; results are read at most five times


class Target(StrEnum):
    """What can be killed."""

    JOB_WORKER = "parent process of the job worker"
    JOB_CHILD = "child process of the job worker"
    SHORT_WORKER = "parent process of the short worker"
    SHORT_CHILD = "child process of the short worker"
    ENGINE = "container engine"
    WEB = "web server"
    BROKER = "broker"
    MESSAGES = "all messages of the broker"
    DATABASE = "database"
    CLOCK = "clock of periodic tasks"
    SUPPLY = "whoever hands in"


ROLES = {
    "worker-jobs": Target.JOB_CHILD,
    "worker-short": Target.SHORT_CHILD,
    "web": Target.WEB,
    "supply": Target.SUPPLY,
}
TARGETS = tuple(target for target in Target if target is not Target.SUPPLY)
STATES = {
    "job": ("VALIDATING_INPUTS", "QUEUED", "PROVISIONING", "EXECUTING", "PARSING"),
    "evaluation": ("QUEUED", "RUNNING_CASES", "EVALUATING", "RANKING"),
}
OWN = {
    Target.JOB_CHILD: {("job", state) for state in ("QUEUED", "PROVISIONING", "EXECUTING")},
    Target.SHORT_CHILD: {
        ("job", "PARSING"),
        *(("evaluation", state) for state in STATES["evaluation"]),
    },
}
"""What a child process has in hand itself: only then it counts as hit."""
MOVES = {
    "job": (
        ("VALIDATING_INPUTS", "QUEUED"),
        ("QUEUED", "PROVISIONING"),
        ("QUEUED", "CANCELLED"),
        ("PROVISIONING", "EXECUTING"),
        ("PROVISIONING", "FAILED"),
        ("PROVISIONING", "QUEUED"),
        ("EXECUTING", "PARSING"),
        ("EXECUTING", "FAILED"),
        ("EXECUTING", "CANCELLED"),
        ("EXECUTING", "QUEUED"),
        ("PARSING", "SUCCEEDED"),
        ("PARSING", "FAILED"),
    ),
    "evaluation": (
        ("QUEUED", "RUNNING_CASES"),
        ("RUNNING_CASES", "EVALUATING"),
        ("RUNNING_CASES", "FAILED"),
        ("RUNNING_CASES", "CANCELLED"),
        ("EVALUATING", "RANKING"),
        ("RANKING", "SUCCEEDED"),
    ),
}
WORKER_POINTS = (
    *("asking", "claimed", "provisioned", "started", "executing", "collecting"),
    *("handing", "handed", "releasing"),
)
COMMITS = {"moving": "before the commit of", "moved": "after the commit of"}
States = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, order=True)
class Goal:
    """A place and what is killed there; ``target`` is nothing where it is whoever is there."""

    place: str
    model: str
    state: str
    target: str = ""

    def __str__(self) -> str:
        where = f"{COMMITS.get(self.place, self.place)} {self.model} {self.state}"
        return f"{where}: {self.target or 'the process itself'}"

    @classmethod
    def inside(cls, model: str, state: str, target: Target) -> Goal:
        return cls("inside", model, state, str(target))


def all_goals() -> list[Goal]:
    """Every state with every target, both sides of every move, and every point of a worker."""
    goals = [
        Goal.inside(model, state, target)
        for model, states in STATES.items()
        for state in states
        for target in TARGETS
    ]
    for model, moves in MOVES.items():
        for before, after in moves:
            goals += [Goal(place, model, f"{before} > {after}") for place in COMMITS]
    goals += [Goal("at", "worker", point) for point in WORKER_POINTS]
    return goals


def one_of_each() -> list[Goal]:
    """A short plan: every target once."""
    chosen = {
        Target.JOB_WORKER: ("job", "EXECUTING"),
        Target.JOB_CHILD: ("job", "PROVISIONING"),
        Target.SHORT_WORKER: ("evaluation", "RUNNING_CASES"),
        Target.SHORT_CHILD: ("job", "PARSING"),
        Target.ENGINE: ("job", "EXECUTING"),
        Target.WEB: ("job", "EXECUTING"),
        Target.BROKER: ("job", "QUEUED"),
        Target.MESSAGES: ("job", "QUEUED"),
        Target.DATABASE: ("job", "PARSING"),
        Target.CLOCK: ("job", "QUEUED"),
    }
    return [Goal.inside(*place, target) for target, place in chosen.items()]


class Plan:
    """The goals that are still open, in an order that the seed decides."""

    def __init__(self, goals: Iterable[Goal], *, chance: random.Random) -> None:
        self.all = sorted(goals)
        self.open = list(self.all)
        chance.shuffle(self.open)
        self._hits: dict[str, int] = {}
        self._offers: dict[Goal, int] = {}

    def wants(self, point: Point) -> bool:
        """Whether a process at this point is worth keeping."""
        if self._hits.get(point.facts.get("pk", ""), 0) >= MOST_HITS:
            return False
        found = False
        for goal in self.open:
            if offers(point, goal):
                self._offers[goal] = self._offers.get(goal, 0) + 1
                found = True
        return found

    def choose(self, point: Point) -> Goal | None:
        """The goal that is offered most rarely of those that the point offers."""
        found = [goal for goal in self.open if offers(point, goal)]
        return min(found, key=lambda goal: self._offers.get(goal, 0)) if found else None

    def among(self, states: States) -> Goal | None:
        """A goal that needs no point: its state is there now."""
        for goal in self.open:
            shared = goal.place == "inside" and _is_own(goal) is False
            if shared and states[goal.model].get(goal.state):
                return goal
        return None

    def note(self, goal: Goal, point: Point | None, states: States) -> list[Goal]:
        """Strike off the goal, and all that the same strike hit beside."""
        if point is not None and (pk := point.facts.get("pk")):
            self._hits[pk] = self._hits.get(pk, 0) + 1
        hit = {goal}
        target = goal.target or str(ROLES[point.role]) if point else goal.target
        for model, counts in states.items():
            for state in counts:
                other = Goal("inside", model, state, target)
                if not _is_own(other):
                    hit.add(other)
        if point is not None:
            hit |= {other for other in self.all if offers(point, other) and other.target == target}
            if not goal.target:
                hit |= {other for other in self.all if not other.target and offers(point, other)}
        new = [other for other in self.open if other in hit]
        self.open = [other for other in self.open if other not in hit]
        return new


def offers(point: Point, goal: Goal) -> bool:
    """Whether a process at this point is where the goal wants something struck."""
    facts = point.facts
    if goal.place in COMMITS:
        move = f"{facts.get('before')} > {facts.get('after')}"
        return (point.name, facts.get("model"), move) == (goal.place, goal.model, goal.state)
    if goal.place == "at":
        return point.role == "worker-jobs" and point.name == goal.state
    if (goal.model, goal.state) != (facts.get("model"), state_at(point)):
        return False
    return not _is_own(goal) or str(ROLES.get(point.role)) == goal.target


def state_at(point: Point) -> str:
    """The state of the point's row in the database while the process waits there."""
    if point.name == "moving":
        return point.facts["before"]
    return point.facts["after"] if point.name == "moved" else point.facts.get("state", "")


def _is_own(goal: Goal) -> bool:
    return any(
        goal.target == target and (goal.model, goal.state) in held for target, held in OWN.items()
    )


def in_words(goals: Iterable[Goal]) -> Iterator[str]:
    return (str(goal) for goal in sorted(goals))
