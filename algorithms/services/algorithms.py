"""Making, changing and publishing algorithms."""

from uuid import UUID

from django.db import transaction

from algorithms.models import Algorithm, AlgorithmInterface
from algorithms.policies import ALGORITHMS
from algorithms.services.interfaces import check_interface
from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import change, record
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.sockets.models import Socket


@transaction.atomic
def create_algorithm(
    *,
    actor: User,
    title: str,
    description: str = "",
    public: bool = False,
    inputs: list[Socket],
    outputs: list[Socket],
    slug: str = "",
    pk: UUID | None = None,
    **rest: object,
) -> Algorithm:
    """Make an algorithm with one interface; whoever makes it is its editor."""
    check_interface(inputs, outputs)
    algorithm = Algorithm(
        pk=pk or new_id(),
        title=title,
        slug=slug or free_slug(Algorithm, title, fallback="algorithm"),
        description=description,
        public=public,
        **rest,
    )
    make_owned(ALGORITHMS, actor=actor, obj=algorithm)
    interface = AlgorithmInterface.objects.create(algorithm=algorithm)
    interface.inputs.set(inputs)
    interface.outputs.set(outputs)
    record("algorithms.algorithm.created", obj=algorithm, actor=actor, data={"title": title})
    return algorithm


def update_algorithm(*, actor: User, algorithm: Algorithm, **changes: object) -> Algorithm:
    """Change an algorithm's texts and publicity."""
    return change("algorithms.algorithm.changed", obj=algorithm, actor=actor, **changes)
