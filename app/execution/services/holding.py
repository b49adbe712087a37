"""Holding a run: its lease while it is worked on, and giving it back when that cannot go on.

Runs on workers: no database.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from app.core.leases import LeaseLost, kept_lease
from app.core.workers import ending_gently
from app.execution.executors import ExecutorUnavailable, PlatformFault
from app.execution.gateway import Assignment, Gateway, Report
from app.execution.services.following import Follower, WorkerEnds

logger = logging.getLogger(__name__)


@dataclass
class Hold:
    """A run in this worker's hands; ``lost`` once it could not be carried through here."""

    follower: Follower
    lost: bool = False


@contextmanager
def in_hand(gateway: Gateway, assignment: Assignment) -> Iterator[Hold]:
    """Keep the run's lease while the block works on it; what goes wrong gives the run back.

    Nothing is raised: the block ends, and the hold says that the run was lost.
    """
    token, name = assignment.token, assignment.spec.run_id
    hold = Hold(Follower(gateway, token))
    every = settings.LEASE_SECONDS / 6
    lease = kept_lease(f"run {name}", extend=lambda: _extend(gateway, token), every=every)
    with ending_gently(), lease:
        try:
            yield hold
            return
        except LeaseLost:
            logger.info("The run %s moved on without this worker.", name)
        except WorkerEnds:
            logger.info("The run %s goes back to the queue: this worker ends.", name)
            _give_back(gateway, token, reason="The worker was told to end.", stopped=True)
        except ExecutorUnavailable as error:
            _give_back(gateway, token, reason=error.message)
        except PlatformFault as error:
            logger.exception("The run %s was lost", name)
            _give_back(gateway, token, reason=error.message)
        except Exception:
            logger.exception("The run %s was lost", name)
            reason = "The worker met an unforeseen error."
            _give_back(gateway, token, reason=reason, crashed=True)
        hold.lost = True


def _extend(gateway: Gateway, token: str) -> bool:
    try:
        gateway.report(token, Report())
    except LeaseLost:
        return False
    return True


def _give_back(
    gateway: Gateway, token: str, *, reason: str, crashed: bool = False, stopped: bool = False
) -> None:
    """Return the run; where even that fails, its lease runs out."""
    try:
        gateway.give_back(token, reason=reason, crashed=crashed, stopped=stopped)
    except LeaseLost:
        logger.info("A run moved on before it could be given back.")
    except PlatformFault as error:
        logger.warning("A run could not be given back (%s); its lease will run out.", error)
