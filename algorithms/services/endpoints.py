"""Endpoints of algorithms: who may keep which version warm, and what a call of it is."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from algorithms.models import AlgorithmEndpoint, AlgorithmRun, AlgorithmVersion
from algorithms.policies import ENDPOINTS
from algorithms.services.credits import charge, claim
from algorithms.services.jobs import start_job
from algorithms.services.starting import means_of
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import LimitReached
from app.execution.models import Endpoint
from app.execution.services.endpoints import start_endpoint
from app.sockets.models import SocketValue
from app.sockets.services import GivenValue
from archives.models import ArchiveItem


@transaction.atomic
def keep_warm(*, actor: User, version: AlgorithmVersion) -> AlgorithmEndpoint:
    """Have a container of this version started that stays for the person; it costs as a run does.

    Raises `LimitReached` beyond ``ENDPOINTS_PER_PERSON`` and what a run is refused for.
    """
    allowed = claim(actor=actor, version=version, runs=1)  # which locks the person, too
    most = settings.ENDPOINTS_PER_PERSON
    if live_endpoints(actor).count() >= most:
        raise LimitReached(
            f"{most} warm container{' is' if most == 1 else 's are'} allowed at a time."
            if most
            else "This site keeps no containers warm.",
            advice="Stop the one that you have." if most else "Start a run instead.",
        )
    endpoint = start_endpoint(
        actor=actor,
        container_image=version.container_image,
        **means_of(version.algorithm),
    )
    found = AlgorithmEndpoint.objects.create(endpoint=endpoint, version=version)
    charge([endpoint.job], actor=actor, allowed=allowed)
    record("algorithms.endpoint.started", obj=version.algorithm, actor=actor)
    return found


@transaction.atomic
def call_endpoint(
    *,
    actor: User,
    endpoint: AlgorithmEndpoint,
    given: Sequence[GivenValue],
    held: Sequence[SocketValue] = (),
    item: ArchiveItem | None = None,
) -> AlgorithmRun:
    """Run the endpoint's version on the given inputs in its container; a call is a run."""
    return start_job(
        actor=actor,
        algorithm=endpoint.version.algorithm,
        given=given,
        held=held,
        item=item,
        endpoint=endpoint,
    )


def live_endpoints(user: User) -> QuerySet[AlgorithmEndpoint]:
    """Return what the person keeps warm, or will."""
    mine = ENDPOINTS.visible_to(user).filter(endpoint__job__creator=user)
    return mine.filter(endpoint__state__in=Endpoint.LIVE)
