"""Scores as arrays: for each task what every algorithm reached in every case by every metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class NoScores(Exception):
    """Nothing can be ranked: the task has no score by this metric; the message says so."""


@dataclass(frozen=True)
class Problem:
    """A value that counts as missing although something was written there, and why."""

    row: int
    task: str
    case: str
    algorithm: str
    metric: str
    text: str
    reason: str


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task.

    ``values[algorithm, case, metric]`` is NaN where there is no score. ``asked[case, metric]`` says
    whether the case is one of the metric's cases: some row names both, if only to say that the
    score is missing. Algorithms and cases are in the order of their names, so that the order of
    rows in a file changes nothing.
    """

    task: str
    algorithms: tuple[str, ...]
    cases: tuple[str, ...]
    metrics: tuple[str, ...]
    values: Floats
    asked: Flags

    def of_metric(self, metric: str) -> tuple[Floats, NDArray[np.intp]]:
        """Return ``(cases x algorithms, the positions of those cases)``; raises `NoScores`."""
        if metric not in self.metrics:
            raise NoScores(f"The task “{self.task}” has no scores by “{metric}”.")
        column = self.metrics.index(metric)
        cases = np.flatnonzero(self.asked[:, column])
        if not cases.size:
            raise NoScores(f"The task “{self.task}” has no scores by “{metric}”.")
        return np.ascontiguousarray(self.values[:, cases, column].T), cases


@dataclass(frozen=True)
class ScoreTable:
    """All tasks' scores, by the task's name; an algorithm is in a task if a row of it is there."""

    algorithms: tuple[str, ...]
    metrics: tuple[str, ...]
    tasks: Mapping[str, TaskScores]
    problems: tuple[Problem, ...] = field(default=())
    digest: str = ""
    """SHA-256 of the bytes that were read."""
