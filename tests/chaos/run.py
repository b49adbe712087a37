"""A chaos run: strike until every goal was hit, then look at what came of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.leftovers import leftovers
from tests.chaos.plan import Goal, Plan, in_words
from tests.chaos.points import Listener, Point
from tests.chaos.portal import Pace, Portal, running_portal
from tests.chaos.strikes import Striker

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is given to do, and how long anything may take (seconds)."""

    jobs: int
    entries: int
    spare_entries: int = 0
    most_jobs: int = 0
    pace: Pace
    rest: tuple[float, float] = (0.2, 1.0)
    strike_for: float = 1800.0
    drain_for: float = 600.0

    @property
    def plan(self) -> dict[str, int]:
        return {
            "jobs": self.jobs,
            "most_jobs": max(self.most_jobs, self.jobs),
            "entries": self.entries,
            "spare_entries": self.spare_entries,
        }


class ChaosFailed(AssertionError):
    """Something was lost, doubled, stuck or left behind, or a goal was never hit."""


def run_chaos(
    record: dict[str, Any],
    *,
    broker: str,
    goals: Iterable[Goal],
    scale: Scale,
    seed: int,
    say: Say = print,
) -> None:
    """Do it all; ``record`` is filled on the way, so that it tells of a run that failed too."""
    record |= {"seed": seed, "broker": broker, "pace": vars(scale.pace)}
    say(f"seed {seed}, broker {broker}")
    chance = random.Random(seed)
    plan = Plan(goals, chance=chance)
    with _folder() as home:
        home.chmod(0o755)
        (home / "more").touch()
        with running_portal(home, broker=broker, pace=scale.pace, plan=scale.plan) as portal:
            listener = Listener(portal.socket, wants=plan.wants)
            _Chaos(portal, plan, listener, scale, chance, record, say).play()


@contextmanager
def _folder() -> Iterator[Path]:
    """A state folder; `CHAOS_KEEP` keeps it, to look at the logs."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        yield folder
    finally:
        if not os.environ.get("CHAOS_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


class _Chaos:
    def __init__(
        self,
        portal: Portal,
        plan: Plan,
        listener: Listener,
        scale: Scale,
        chance: random.Random,
        record: dict[str, Any],
        say: Say,
    ) -> None:
        self._portal, self._plan, self._listener = portal, plan, listener
        self._scale, self._chance, self._record, self._say = scale, chance, record, say
        self._striker = Striker(portal, chance=chance)
        self._started = time.monotonic()
        self._log: list[dict[str, Any]] = []
        record["strikes"] = self._log

    def play(self) -> None:
        self._strike_all()
        (self._portal.home / "more").unlink()
        self._listener.close()
        record = self._record
        record["missed"] = list(in_words(self._plan.open))
        record["coverage"] = f"{len(self._plan.all) - len(self._plan.open)}/{len(self._plan.all)}"
        record["counts"] = dict(Counter(strike["did"].split(" that")[0] for strike in self._log))
        record["strike_seconds"] = self._now()
        self._say(f"{len(self._log)} strikes, coverage {record['coverage']}")
        record["stuck"] = self._drain()
        record["starts"] = {p.name: p.starts for p in self._portal.programs.values()}
        record["left_behind"] = self._clear()
        record["verdict"] = json.loads(
            self._portal.run("-m", "tests.chaos.program", "tests.chaos.verdict")
        )
        record["seconds"] = self._now()
        wrong = {
            "never hit": record["missed"],
            "stuck": record["stuck"],
            "left behind": record["left_behind"],
            "faults": record["verdict"]["faults"],
        }
        if any(wrong.values()):
            raise ChaosFailed(json.dumps({what: found for what, found in wrong.items() if found}))

    def _strike_all(self) -> None:
        deadline = time.monotonic() + self._scale.strike_for
        while self._plan.open and time.monotonic() < deadline:
            point = self._listener.take(seconds=5)
            states = self._portal.states()
            goal = self._plan.choose(point) if point else self._plan.among(states)
            if goal is None:
                if point:
                    point.let_go()
                continue
            self._strike(goal, point, states)

    def _strike(self, goal: Goal, point: Point | None, states: Mapping[str, Any]) -> None:
        present = {
            model: {state: count for state, count in found.items() if state in _NOT_FINAL[model]}
            for model, found in states.items()
        }
        did = self._striker.strike(goal, point)
        if point:
            point.let_go()
        hit = self._plan.note(goal, point, present)
        entry = {
            "at": self._now(),
            "goal": str(goal),
            "did": did,
            "point": f"{point.role} {point.name} {dict(point.facts)}" if point else "",
            "present": present,
            "hit": len(hit),
        }
        self._log.append(entry)
        self._say(f"{entry['at']:7.1f} {did} | {goal} | +{len(hit)}, {len(self._plan.open)} left")
        time.sleep(self._chance.uniform(*self._scale.rest))

    def _drain(self) -> list[str]:
        """Wait until everything has ended; what has not in time is stuck."""
        deadline = time.monotonic() + self._scale.drain_for
        stuck = ["nothing was looked at"]
        while stuck and time.monotonic() < deadline:
            time.sleep(1)
            stuck = self._unfinished()
        if self._portal.programs["supply"].code != 0:
            stuck.append(f"supply did not end: {self._portal.programs['supply'].tail()}")
        return stuck

    def _unfinished(self) -> list[str]:
        if self._portal.programs["supply"].code != 0:
            return ["supply"]
        with psycopg.connect(self._portal.database.url) as connection:
            rows = connection.execute(
                "SELECT 'job', id::text, state FROM execution_job WHERE NOT (handled AND state IN"
                " ('SUCCEEDED', 'FAILED', 'CANCELLED')) UNION ALL"
                " SELECT 'evaluation', id::text, state FROM challenges_evaluation WHERE state NOT"
                " IN ('SUCCEEDED', 'FAILED', 'CANCELLED')"
            ).fetchall()
            return [" ".join(row) for row in rows]

    def _clear(self) -> list[str]:
        """Wait until nothing is left; the reaper and the broker take their time."""
        pace = self._scale.pace
        patience = 2 * pace.lease + pace.visibility + 60
        deadline = time.monotonic() + patience
        quiet_after = time.monotonic() + patience / 2
        found = leftovers(self._portal)
        while found and time.monotonic() < deadline:
            time.sleep(2)
            found = leftovers(self._portal)
            if time.monotonic() > quiet_after or _only_messages(found):
                self._portal.keeper.forget("beat")
                self._portal.programs["beat"].stop()
        return found

    def _now(self) -> float:
        return round(time.monotonic() - self._started, 1)


def _only_messages(found: list[str]) -> bool:
    return all(" messages in " in one for one in found)


_NOT_FINAL = {
    "job": {"VALIDATING_INPUTS", "QUEUED", "PROVISIONING", "EXECUTING", "PARSING"},
    "evaluation": {"QUEUED", "RUNNING_CASES", "EVALUATING", "RANKING"},
}
