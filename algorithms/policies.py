"""Who may do what with algorithms and their runs."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from algorithms.models import Algorithm, AlgorithmMember, AlgorithmRun
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


class RunPolicy(Policy[AlgorithmRun]):
    """A try-out is seen by whoever started it and by the algorithm's editors."""

    model = AlgorithmRun

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
        return runs.filter(Q(job__creator=user) | Q(Exists(edited)), try_out=True)

    def allows(self, user: Any, obj: AlgorithmRun, action: str) -> bool:
        """Everybody who sees a run reads its log; only its creator cancels it."""
        if action == "cancel":
            return bool(user.is_superuser or obj.job.creator_id == user.pk)
        return action in {"view", "log"}


ALGORITHMS = AlgorithmPolicy()
RUNS = RunPolicy()
