"""Making and changing algorithms and their versions."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmVersion
from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import change, record
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.execution.models import ContainerImage
from app.execution.services import create_container_image
from app.sockets.models import Socket
from app.sockets.services import require_places
from app.uploads.models import UserUpload


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
    require_places(inputs, field="inputs")
    require_places(outputs, field="outputs")
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


@transaction.atomic
def add_version(
    *,
    actor: User,
    algorithm: Algorithm,
    upload: UserUpload,
    comment: str = "",
    pk: UUID | None = None,
) -> AlgorithmVersion:
    """Take an uploaded container archive as the next version; its checks start at once."""
    Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    highest = algorithm.versions.aggregate(highest=Max("number"))["highest"] or 0
    image = create_container_image(actor=actor, kind=ContainerImage.Kind.ALGORITHM, upload=upload)
    version = AlgorithmVersion.objects.create(
        pk=pk or new_id(),
        algorithm=algorithm,
        number=highest + 1,
        container_image=image,
        comment=comment,
    )
    record("algorithms.version.added", obj=version, actor=actor, data={"number": version.number})
    return version
