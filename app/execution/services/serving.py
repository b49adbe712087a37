"""Serving one case after the other in a container that stays up. Runs on workers: no database."""

import logging
import time

from app.core.leases import LeaseLost
from app.core.workers import is_stopping
from app.execution.executors import Executor, PlatformFault
from app.execution.executors.serving import Server, open_server
from app.execution.gateway import Assignment, Ending, Gateway, Warmth
from app.execution.gateway.base import LONGEST_WAIT
from app.execution.services.following import Follower, WorkerEnds
from app.execution.services.holding import in_hand

logger = logging.getLogger(__name__)
CLOSED = {"reason": {"code": "cancelled", "message": "The container was closed."}}


def serve(executor: Executor, gateway: Gateway, assignment: Assignment) -> None:
    """Open a container for this run and serve what may share it, for as long as the portal lets."""
    warmth = assignment.warmth or Warmth(idle_seconds=0, most_cases=1)
    if warmth.is_endpoint:
        _serve_endpoint(executor, gateway, assignment, warmth)
    else:
        _serve_pool(executor, gateway, assignment, warmth)


def _serve_pool(executor: Executor, gateway: Gateway, first: Assignment, warmth: Warmth) -> None:
    """Serve the run that was claimed, then others of its pool until none comes or one fails."""
    server: Server | None = None
    case: Assignment | None = first
    try:
        while case is not None:
            with in_hand(gateway, case) as hold:
                server = server or open_server(executor, case.spec, hold.follower)
                server.invoke(case.spec, hold.follower)
            if hold.lost or server is None or not server.usable:
                return
            if server.served >= warmth.most_cases or not warmth.idle_seconds:
                return
            server.pause()
            case = _next_case(gateway, case.token, idle_seconds=warmth.idle_seconds)
    finally:
        if server is not None:
            server.close()


def _serve_endpoint(
    executor: Executor, gateway: Gateway, endpoint: Assignment, warmth: Warmth
) -> None:
    """Keep a container for the calls of one endpoint; one that failed a call is replaced."""
    with in_hand(gateway, endpoint) as hold:
        server = open_server(executor, endpoint.spec, hold.follower)
        try:
            if server.usable:
                hold.follower.executing()
                hold.follower.report()  # whoever waits for the container shall know
            while True:
                if not server.usable or server.served >= warmth.most_cases:
                    server = _replaced(server, executor, endpoint, hold.follower)
                if not server.usable:
                    server.invoke(endpoint.spec, hold.follower)  # which says why, and ends it
                    return
                server.pause()
                call = _next_call(gateway, endpoint.token)
                if call is None:
                    break
                with in_hand(gateway, call) as taken:
                    server.invoke(call.spec, taken.follower)
        finally:
            server.close()
        gateway.finish(endpoint.token, Ending(record=CLOSED))


def _replaced(
    server: Server, executor: Executor, endpoint: Assignment, follower: Follower
) -> Server:
    """Return a new container in the place of one that failed or served enough, if it had a turn."""
    if not server.served:
        return server
    server.close()
    return open_server(executor, endpoint.spec, follower)


def _next_case(gateway: Gateway, token: str, *, idle_seconds: float) -> Assignment | None:
    """Wait for a case of the same pool; the one before is handed over, so nothing can be lost."""
    deadline = time.monotonic() + idle_seconds
    try:
        while not is_stopping():
            left = deadline - time.monotonic()
            found = gateway.next_case(token, wait_seconds=min(max(left, 0.0), LONGEST_WAIT))
            if found.assignment is not None:
                return found.assignment
            if found.close or left <= 0:
                return None
    except LeaseLost:
        logger.info("The portal has nothing more for this container.")
    except PlatformFault as error:
        logger.warning("The next case could not be asked for: %s", error.message)
    return None


def _next_call(gateway: Gateway, token: str) -> Assignment | None:
    """Wait for a call of the endpoint, until the portal wants its container closed."""
    while not is_stopping():
        found = gateway.next_case(token, wait_seconds=LONGEST_WAIT)
        if found.assignment is not None:
            return found.assignment
        if found.close:
            return None
    raise WorkerEnds
