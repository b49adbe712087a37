"""Verbs on algorithms, their versions and runs."""

from algorithms.services.algorithms import create_algorithm, update_algorithm
from algorithms.services.batches import (
    cancel_batch,
    feed_batch,
    rerun_failed,
    sort_plans,
    start_batch,
)
from algorithms.services.credits import allowance, grant_credits, set_terms
from algorithms.services.endpoints import call_endpoint, keep_warm
from algorithms.services.interfaces import add_interface, offer_interface, remove_interface
from algorithms.services.jobs import start_job
from algorithms.services.planning import plan_cases
from algorithms.services.publishing import (
    publish_algorithm,
    requirements,
    unpublish_algorithm,
)
from algorithms.services.repeating import cancel_run, change_run, rerun, share_run
from algorithms.services.runs import create_run, start_try_outs
from algorithms.services.starting import start_reproduction
from algorithms.services.versions import (
    add_model,
    add_version,
    change_calling,
    change_stage,
    delete_version,
    restore_version,
)

__all__ = [
    "add_interface",
    "add_model",
    "add_version",
    "allowance",
    "call_endpoint",
    "cancel_batch",
    "cancel_run",
    "change_calling",
    "change_run",
    "change_stage",
    "create_algorithm",
    "create_run",
    "delete_version",
    "feed_batch",
    "grant_credits",
    "keep_warm",
    "offer_interface",
    "plan_cases",
    "publish_algorithm",
    "remove_interface",
    "requirements",
    "rerun",
    "rerun_failed",
    "restore_version",
    "set_terms",
    "share_run",
    "sort_plans",
    "start_batch",
    "start_job",
    "start_reproduction",
    "start_try_outs",
    "unpublish_algorithm",
    "update_algorithm",
]
