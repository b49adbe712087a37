"""Verbs on algorithms, their versions and runs."""

from algorithms.services.algorithms import create_algorithm, update_algorithm
from algorithms.services.interfaces import add_interface, offer_interface, remove_interface
from algorithms.services.jobs import start_job
from algorithms.services.publishing import (
    publish_algorithm,
    requirements,
    unpublish_algorithm,
)
from algorithms.services.runs import create_run, start_try_outs
from algorithms.services.versions import (
    add_model,
    add_version,
    change_stage,
    delete_version,
    restore_version,
)

__all__ = [
    "add_interface",
    "add_model",
    "add_version",
    "change_stage",
    "create_algorithm",
    "create_run",
    "delete_version",
    "offer_interface",
    "publish_algorithm",
    "remove_interface",
    "requirements",
    "restore_version",
    "start_job",
    "start_try_outs",
    "unpublish_algorithm",
    "update_algorithm",
]
