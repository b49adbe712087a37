"""Who may do what with algorithms and their runs."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from algorithms.models import (
    Algorithm,
    AlgorithmEndpoint,
    AlgorithmMember,
    AlgorithmRun,
    RunBatch,
    RunMember,
)
from app.accounts.policies import RolePolicy
from app.core.access import Policy

Role = AlgorithmMember.Role


class AlgorithmPolicy(RolePolicy[Algorithm]):
    """Users run; editors also upload versions, see every try-out's log and manage people."""

    model = Algorithm
    membership = AlgorithmMember
    owner_role = Role.EDITOR
    public_actions = frozenset({"view", "run"})
    grants = {
        Role.USER: frozenset({"view", "run"}),
        Role.EDITOR: frozenset({"view", "run", "change", "submit", "manage", "delete"}),
    }


class RunPolicy(RolePolicy[AlgorithmRun]):
    """A try-out is seen by whoever started it, by those they share it with, and by editors.

    The editors are those of the algorithm, unless whoever started the run keeps it from them.
    """

    model = AlgorithmRun
    membership = RunMember
    owner_role = ""
    grants = {RunMember.Role.VIEWER: frozenset({"view", "log"})}

    def visible_to(self, user: Any) -> QuerySet[AlgorithmRun]:
        """Return the try-outs that ``user`` may look at; administrators see every run."""
        runs = AlgorithmRun.objects.all()
        if not user.is_authenticated:
            return runs.none()
        if user.is_superuser:
            return runs
        edited = AlgorithmMember.objects.filter(
            target=OuterRef("version__algorithm"), user=user, role=Role.EDITOR
        )
        shared = RunMember.objects.filter(target=OuterRef("pk"), user=user)
        mine = Q(job__creator=user) | Q(Exists(shared))
        return runs.filter(mine | (Q(for_editors=True) & Q(Exists(edited))), try_out=True)

    def allows(self, user: Any, obj: AlgorithmRun, action: str) -> bool:
        """Everybody who sees a run reads its log; only its creator cancels, repeats and shares."""
        if not user.is_authenticated:
            return False
        if user.is_superuser or obj.job.creator_id == user.pk:
            return True
        return action in {"view", "log"}


class BatchPolicy(Policy[RunBatch]):
    """A batch is its creator's alone; its runs are seen one by one as other runs are."""

    model = RunBatch

    def visible_to(self, user: Any) -> QuerySet[RunBatch]:
        """Return the batches that ``user`` started; administrators see every batch."""
        batches = RunBatch.objects.all()
        if not user.is_authenticated:
            return batches.none()
        return batches if user.is_superuser else batches.filter(creator=user)

    def allows(self, user: Any, obj: RunBatch, action: str) -> bool:
        """Whoever sees a batch may do everything with it."""
        return bool(user.is_superuser or obj.creator_id == user.pk)


class EndpointPolicy(Policy[AlgorithmEndpoint]):
    """An endpoint is its owner's alone; its calls are seen one by one as other runs are."""

    model = AlgorithmEndpoint

    def visible_to(self, user: Any) -> QuerySet[AlgorithmEndpoint]:
        """Return the endpoints that ``user`` started; administrators see every endpoint."""
        endpoints = AlgorithmEndpoint.objects.all()
        if not user.is_authenticated:
            return endpoints.none()
        return endpoints if user.is_superuser else endpoints.filter(endpoint__job__creator=user)

    def allows(self, user: Any, obj: AlgorithmEndpoint, action: str) -> bool:
        """Whoever sees an endpoint may keep and stop it; only its owner calls it.

        The container holds what its owner gave it: nobody else's data may go in.
        """
        owner = obj.endpoint.job.creator_id == user.pk
        return bool(owner or (user.is_superuser and action != "call"))


ALGORITHMS = AlgorithmPolicy()
RUNS = RunPolicy()
BATCHES = BatchPolicy()
ENDPOINTS = EndpointPolicy()
