"""Versions of algorithms and of their model weights: adding, staging, restoring, deleting."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone

from algorithms.models import (
    Algorithm,
    AlgorithmModel,
    AlgorithmVersion,
    Stage,
    StageChange,
)
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.ids import new_id
from app.execution.models import ContainerImage
from app.execution.services import (
    create_container_image,
    create_model_weights,
    release_archive,
    restore_container_image,
    restore_model_weights,
)
from app.uploads.models import UserUpload

Version = AlgorithmVersion | AlgorithmModel


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
    number = _next_number(algorithm, "versions")
    image = create_container_image(actor=actor, kind=ContainerImage.Kind.ALGORITHM, upload=upload)
    version = AlgorithmVersion.objects.create(
        pk=pk or new_id(),
        algorithm=algorithm,
        number=number,
        container_image=image,
        comment=comment,
    )
    record("algorithms.version.added", obj=version, actor=actor, data={"number": number})
    return version


@transaction.atomic
def add_model(
    *, actor: User, algorithm: Algorithm, upload: UserUpload, comment: str = ""
) -> AlgorithmModel:
    """Take uploaded weights as the next model; their checks start at once."""
    number = _next_number(algorithm, "models")
    weights = create_model_weights(actor=actor, upload=upload)
    model = AlgorithmModel.objects.create(
        algorithm=algorithm, number=number, weights=weights, comment=comment
    )
    record("algorithms.model.added", obj=model, actor=actor, data={"number": number})
    return model


def _next_number(algorithm: Algorithm, kind: str) -> int:
    """Lock the algorithm and count; a number that was given once is not given again."""
    locked = Algorithm.objects.select_for_update().get(pk=algorithm.pk)
    made = f"{kind}_made"
    highest = getattr(locked, kind).aggregate(highest=Max("number"))["highest"] or 0
    number: int = max(getattr(locked, made), highest) + 1
    Algorithm.objects.filter(pk=algorithm.pk).update(**{made: number})
    return number


@transaction.atomic
def change_stage(*, actor: User, version: Version, to: str, comment: str = "") -> Version:
    """Move a version to another stage; the move, who approved it and why are kept.

    Production is given to one version at a time: the version that had it goes back to staging.
    An older version can have it, which is how a bad release is rolled back.
    """
    Algorithm.objects.select_for_update().get(pk=version.algorithm_id)
    current = type(version).objects.select_for_update(of=("self",)).get(pk=version.pk)
    if not current.STAGES.allows(current.stage, to):
        raise TransitionNotAllowed(model="version", before=current.stage, after=to)
    if to == Stage.PRODUCTION:
        if not current.is_ready:
            raise Conflict(
                "Only a version that passed its checks and is stored can be in production.",
                advice="Wait for the checks, or upload its archive again.",
            )
        siblings = type(version).objects.filter(algorithm=version.algorithm)
        for holder in siblings.filter(stage=Stage.PRODUCTION):
            words = f"Version {current.number} took its place."
            _move(holder, Stage.STAGING, actor=actor, comment=words)
    _move(current, to, actor=actor, comment=comment)
    version.refresh_from_db()
    return version


@transaction.atomic
def change_calling(*, actor: User, version: AlgorithmVersion, serves: bool | None) -> None:
    """Say whether the version's container stays up, against its label; ``None`` goes by that."""
    image = version.container_image
    image.serves = serves
    image.save(update_fields=["serves", "modified"])
    how = "by its label" if serves is None else "again and again" if serves else "once for a case"
    record(
        "algorithms.version.called",
        obj=version,
        actor=actor,
        data={"number": version.number, "how": how},
    )


def _move(version: Version, to: str, *, actor: User, comment: str) -> None:
    before = version.stage
    version.stage, version.approved_by, version.approved_at = to, actor, timezone.now()
    version.save(update_fields=["stage", "approved_by", "approved_at", "modified"])
    is_model = isinstance(version, AlgorithmModel)
    StageChange.objects.create(
        version=version if isinstance(version, AlgorithmVersion) else None,
        model=version if isinstance(version, AlgorithmModel) else None,
        before=before,
        after=to,
        approved_by=actor,
        comment=comment,
    )
    record(
        f"algorithms.{'model' if is_model else 'version'}.staged",
        obj=version,
        actor=actor,
        data={"number": version.number, "before": before.lower(), "after": str(to).lower()},
    )


@transaction.atomic
def restore_version(*, actor: User, version: Version, upload: UserUpload) -> None:
    """Give a version whose storage was given back its archive again: the same one as before."""
    if version.archive.reclaimed_at is None or not version.archive.digest:
        raise Conflict("This version has its archive.", advice="Upload a new version instead.")
    if isinstance(version, AlgorithmModel):
        restore_model_weights(actor=actor, weights=version.weights, upload=upload)
    else:
        restore_container_image(actor=actor, image=version.container_image, upload=upload)
    name = "model" if isinstance(version, AlgorithmModel) else "version"
    record(
        f"algorithms.{name}.restored",
        obj=version,
        actor=actor,
        data={"number": version.number},
    )


@transaction.atomic
def delete_version(*, actor: User, version: Version) -> None:
    """Delete a version that nothing was run with, and its archive."""
    archive = version.archive
    if not archive.is_settled:
        raise Conflict("Its checks are under way.", advice="Wait until they have ended.")
    if version.stage == Stage.PRODUCTION:
        raise Conflict("This version is in production.", advice="Move another version there first.")
    name = "model" if isinstance(version, AlgorithmModel) else "version"
    record(
        f"algorithms.{name}.deleted",
        obj=version,
        actor=actor,
        data={"number": version.number, "digest": archive.digest},
    )
    try:
        with transaction.atomic():
            version.delete()
            release_archive(archive)
            archive.delete()
    except ProtectedError as error:
        raise Conflict(
            "Results were made with this version, so it stays.",
            advice="Retire it instead: it runs no more, and its storage is given back.",
        ) from error
