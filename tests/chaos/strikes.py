"""Striking: what is killed, and how it comes back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.chaos.members import kill
from tests.chaos.plan import ROLES, Goal, Target
from tests.chaos.points import Point
from tests.chaos.portal import Portal

LONGEST_OUTAGE = 1.5


class Striker:
    """Kills parts of a portal; chance decides in which of their ways they die."""

    def __init__(self, portal: Portal, *, chance: random.Random) -> None:
        self._portal, self._chance = portal, chance

    def strike(self, goal: Goal, point: Point | None) -> str:
        """Hit the goal's target, or the process at the point; say what was done."""
        target = Target(goal.target) if goal.target else ROLES[_of(point).role]
        ways: dict[Target, Callable[[], str]] = {
            Target.JOB_WORKER: lambda: self._parent("worker-jobs"),
            Target.SHORT_WORKER: lambda: self._parent("worker-short"),
            Target.JOB_CHILD: lambda: self._child("worker-jobs", point),
            Target.SHORT_CHILD: lambda: self._child("worker-short", point),
            Target.WEB: lambda: self._program("web"),
            Target.CLOCK: lambda: self._program("beat"),
            Target.SUPPLY: lambda: self._program("supply"),
            Target.ENGINE: self._engine,
            Target.BROKER: self._broker,
            Target.MESSAGES: self._messages,
            Target.DATABASE: self._database,
        }
        return ways[target]()

    def _program(self, name: str) -> str:
        program = self._portal.programs[name]
        program.kill()
        return f"killed {name}"

    def _parent(self, name: str) -> str:
        program = self._portal.programs[name]
        program.kill()
        if self._chance.random() < 0.5:
            program.kill_orphans()
            return f"killed {name} with its children"
        return f"killed {name} and left its children"

    def _child(self, name: str, point: Point | None) -> str:
        if point is not None and point.role == name:
            kill(point.pid)
            return f"killed the child of {name} that was {point.name}"
        children = self._portal.programs[name].children
        if children:
            kill(self._chance.choice(children))
        return f"killed a child of {name}"

    def _engine(self) -> str:
        self._portal.engine.kill()
        return "killed the engine"

    def _broker(self) -> str:
        self._portal.broker.crash()
        self._outage()
        self._portal.broker.start()
        return "killed the broker"

    def _messages(self) -> str:
        self._portal.broker.forget()
        return "flushed the broker"

    def _database(self) -> str:
        crashed = self._chance.random() < 0.5
        if crashed:
            self._portal.database.crash()
        else:
            self._portal.database.stop()
        self._outage()
        self._portal.database.ensure_started()
        return f"{'crashed' if crashed else 'restarted'} the database"

    def _outage(self) -> None:
        time.sleep(self._chance.uniform(0, LONGEST_OUTAGE))


def _of(point: Point | None) -> Point:
    if point is None:
        raise ValueError("There is no process to kill at this goal.")
    return point
