"""Making and changing algorithms and their versions."""

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmMember, AlgorithmVersion
from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.services import record
from app.execution.models import ContainerImage
from app.execution.services import create_container_image
from app.sockets.models import Socket
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
) -> Algorithm:
    """Make an algorithm with one interface; whoever makes it is its editor."""
    algorithm = Algorithm(
        title=title, slug=_free_slug(title), description=description, public=public
    )
    algorithm.full_clean()
    algorithm.save()
    interface = AlgorithmInterface.objects.create(algorithm=algorithm)
    interface.inputs.set(inputs)
    interface.outputs.set(outputs)
    role = AlgorithmMember.Role.EDITOR
    grant_role(ALGORITHMS, actor=actor, obj=algorithm, user=actor, role=role)
    record("algorithms.algorithm.created", obj=algorithm, actor=actor, data={"title": title})
    return algorithm


@transaction.atomic
def update_algorithm(*, actor: User, algorithm: Algorithm, **changes: object) -> Algorithm:
    """Change an algorithm's texts and publicity."""
    before = {name: getattr(algorithm, name) for name in changes}
    for name, value in changes.items():
        setattr(algorithm, name, value)
    algorithm.full_clean()
    algorithm.save()
    record(
        "algorithms.algorithm.changed",
        obj=algorithm,
        actor=actor,
        data={"before": before, "after": changes},
    )
    return algorithm


@transaction.atomic
def add_version(
    *, actor: User, algorithm: Algorithm, upload: UserUpload, comment: str = ""
) -> AlgorithmVersion:
    """Take an uploaded container archive as the next version; its checks start at once."""
    Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    highest = algorithm.versions.aggregate(highest=Max("number"))["highest"] or 0
    image = create_container_image(actor=actor, kind=ContainerImage.Kind.ALGORITHM, upload=upload)
    version = AlgorithmVersion.objects.create(
        algorithm=algorithm, number=highest + 1, container_image=image, comment=comment
    )
    record("algorithms.version.added", obj=version, actor=actor, data={"number": version.number})
    return version


def _free_slug(title: str) -> str:
    base = slugify(title)[:180] or "algorithm"
    slug, number = base, 2
    while Algorithm.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
