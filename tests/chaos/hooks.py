"""The points of the portal's and the workers' processes, put around the product's own functions.

Nothing of this is in the product: `tests.chaos.program` starts its programs with these in place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from itertools import pairwise
from typing import Any

from tests.chaos.points import tell

WATCHED = {"execution.job": "job", "challenges.evaluation": "evaluation"}


def watch_moves() -> None:
    """Stop before and after the commit of every move of a job or an evaluation.

    To be called before anything imports `transition` or `move_locked` by its name.
    """
    from django.db import transaction

    from app.core import states

    move, move_locked = states.transition, states.move_locked

    @wraps(move)
    def watched(instance: Any, to: str, **more: Any) -> Any:
        model = WATCHED.get(instance._meta.label_lower)
        if model is None:
            return move(instance, to, **more)
        rows = type(instance)._base_manager
        before = rows.values_list("state", flat=True).get(pk=instance.pk)
        facts = {"model": model, "pk": str(instance.pk), "before": before, "after": str(to)}
        with transaction.atomic():
            moved = move(instance, to, **more)
            transaction.on_commit(lambda: tell("moved", **facts))
            tell("moving", **facts)
        return moved

    @wraps(move_locked)
    def watched_locked(row: Any, *through: str, **more: Any) -> Any:
        model = WATCHED.get(row._meta.label_lower)
        if model is None:
            return move_locked(row, *through, **more)
        steps = [
            {"model": model, "pk": str(row.pk), "before": str(before), "after": str(after)}
            for before, after in pairwise((row.state, *through))
        ]
        moved = move_locked(row, *through, **more)
        for facts in steps:
            transaction.on_commit(partial(tell, "moved", **facts))
            tell("moving", **facts)
        return moved

    states.transition = watched
    states.move_locked = watched_locked


def watch_portal() -> None:
    """Stop where results are about to be read and where an evaluation is about to go on."""
    from app.challenges import tasks
    from app.challenges.models import Evaluation
    from app.execution.services import parsing

    read, advance = parsing._parse, tasks.advance

    def reading(job: Any) -> None:
        tell("reading", model="job", pk=str(job.pk), state="PARSING")
        read(job)

    def advancing(evaluation_id: Any) -> None:
        state = Evaluation.objects.filter(pk=evaluation_id).values_list("state", flat=True).first()
        tell("advancing", model="evaluation", pk=str(evaluation_id), state=state or "")
        advance(evaluation_id)

    parsing._parse = reading
    tasks.advance = advancing


def watch_worker() -> None:
    """Stop around the calls that a worker makes to the portal and to its engine."""
    from app.execution.executors.docker import DockerExecutor
    from app.execution.gateway.http import HttpGateway
    from app.execution.services.following import Follower

    _around(HttpGateway, "claim", before="asking", after="claimed", state="PROVISIONING")
    _around(DockerExecutor, "provision", after="provisioned", state="PROVISIONING")
    _around(DockerExecutor, "start", after="started", state="PROVISIONING")
    _around(Follower, "executing", after="executing", state="EXECUTING")
    _around(Follower, "collecting", before="collecting", state="EXECUTING")
    _around(HttpGateway, "finish", before="handing", after="handed", state="EXECUTING")
    _around(DockerExecutor, "release", before="releasing")


def _around(kind: type, name: str, *, before: str = "", after: str = "", state: str = "") -> None:
    act: Callable[..., Any] = getattr(kind, name)

    @wraps(act)
    def watched(*given: Any, **more: Any) -> Any:
        if before:
            tell(before, model="job", state="QUEUED" if before == "asking" else state)
        done = act(*given, **more)
        if after and (name != "claim" or done is not None):
            tell(after, model="job", state="PARSING" if after == "handed" else state)
        return done

    setattr(kind, name, watched)
