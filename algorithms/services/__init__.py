"""Verbs on algorithms, their versions and runs."""

from algorithms.services.algorithms import add_version, create_algorithm, update_algorithm
from algorithms.services.batches import (
    cancel_batch,
    feed_batch,
    rerun_failed,
    sort_plans,
    start_batch,
)
from algorithms.services.credits import allowance, grant_credits, set_terms
from algorithms.services.jobs import start_job
from algorithms.services.planning import plan_cases
from algorithms.services.repeating import change_run, rerun, share_run
from algorithms.services.runs import create_run, start_try_outs

__all__ = [
    "add_version",
    "allowance",
    "cancel_batch",
    "change_run",
    "create_algorithm",
    "create_run",
    "feed_batch",
    "grant_credits",
    "plan_cases",
    "rerun",
    "rerun_failed",
    "set_terms",
    "share_run",
    "sort_plans",
    "start_batch",
    "start_job",
    "start_try_outs",
    "update_algorithm",
]
