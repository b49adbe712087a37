"""Verbs on algorithms, their versions and runs."""

from algorithms.services.algorithms import add_version, create_algorithm, update_algorithm
from algorithms.services.jobs import start_job
from algorithms.services.runs import create_run, start_try_outs

__all__ = [
    "add_version",
    "create_algorithm",
    "create_run",
    "start_job",
    "start_try_outs",
    "update_algorithm",
]
