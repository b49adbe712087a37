"""Making and furnishing phases."""

import tarfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from app.accounts.models import User
from app.audit.services import change, record
from app.challenges.models import Challenge, EvaluationMethod, GroundTruth, Phase
from app.challenges.readiness import has_opened
from app.challenges.schedule import faults
from app.challenges.services.design import note_opening
from app.challenges.services.leaderboard import rerank
from app.core.errors import ValidationFailed
from app.core.ids import new_id
from app.execution.models import ContainerImage
from app.execution.services import create_container_image
from app.sockets.models import Socket
from app.sockets.schemas import UnusableSchema, check_schema
from app.sockets.selectors import medical_image_socket, segmentation_socket
from app.sockets.services import require_places
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload, open_upload

MIN_ROOM = 256 * 2**20  # bytes that any ground truth may unpack to
MAX_RATIO = 200  # of unpacked to packed size, beyond that
_TIMES = ("opens_at", "closes_at", "frozen_at")
_KIND = ("kind", "predictions_form")
_RANKING = frozenset({"score_path", "direction", "counts", "ladder_step", "ranking_plan", *_TIMES})


@transaction.atomic
def create_phase(
    *,
    actor: User,
    challenge: Challenge,
    inputs: list[Socket] | None = None,
    outputs: list[Socket] | None = None,
    pk: UUID | None = None,
    **fields: object,
) -> Phase:
    """Make a phase; without sockets an algorithm gets an image and gives a segmentation."""
    require_places(inputs or [], field="inputs")
    require_places(outputs or [], field="outputs")
    phase = Phase(pk=pk or new_id(), challenge=challenge, **fields)
    _require_free_title(phase, title=phase.title)
    _require_parent(phase, phase.parent)
    _require_no_fault(phase, {})
    _require_schema(phase.predictions_schema)
    _require_archive(phase.kind, phase.archive)
    phase.full_clean()
    phase.save()
    phase.inputs.set(inputs or [medical_image_socket()])
    phase.outputs.set(outputs or [segmentation_socket()])
    record("challenges.phase.created", obj=phase, actor=actor, data={"title": phase.title})
    return phase


@transaction.atomic
def update_phase(*, actor: User, phase: Phase, **changes: object) -> Phase:
    """Change a phase; a change of the ranking rule ranks anew at once."""
    _require_free_title(phase, title=changes.get("title", phase.title))
    _require_parent(phase, changes.get("parent", phase.parent))
    _require_no_fault(phase, changes)
    _require_kind(phase, changes)
    _require_schema(changes.get("predictions_schema"))
    note_opening(Phase.objects.get(pk=phase.pk))  # before it may close
    change("challenges.phase.changed", obj=phase, actor=actor, **changes)
    note_opening(Phase.objects.get(pk=phase.pk))
    if _RANKING & set(changes):
        rerank(phase)
    return phase


@transaction.atomic
def add_method(
    *, actor: User, phase: Phase, upload: UserUpload, note: str = ""
) -> EvaluationMethod:
    """Take an uploaded container archive as the phase's evaluation method."""
    image = create_container_image(actor=actor, kind=ContainerImage.Kind.METHOD, upload=upload)
    method = EvaluationMethod.objects.create(phase=phase, container_image=image, note=note)
    record("challenges.method.added", obj=method, actor=actor)
    return method


@transaction.atomic
def add_ground_truth(
    *, actor: User, phase: Phase, upload: UserUpload, note: str = ""
) -> GroundTruth:
    """Take an uploaded tar archive as the next version of the phase's ground truth.

    Its entries are looked at first. Earlier versions stay, for the evaluations that used them.
    """
    check_ground_truth(upload)
    Phase.objects.select_for_update().get(pk=phase.pk)
    last = phase.ground_truths.aggregate(last=Max("number"))["last"]
    key = f"ground-truth/{new_id()}.tar"
    sha256 = upload.sha256
    stored = consume_upload(upload, to=key)
    truth = GroundTruth.objects.create(
        phase=phase,
        number=(last or 0) + 1,
        note=note,
        key=key,
        size=stored.size,
        sha256=sha256,
    )
    data = {"size": stored.size, "number": truth.number, "note": note}
    record("challenges.ground_truth.added", obj=truth, actor=actor, data=data)
    return truth


def _require_free_title(phase: Phase, *, title: object) -> None:
    """Raise `ValidationFailed` if another phase of the challenge has this title."""
    others = Phase.objects.filter(challenge=phase.challenge, title=title).exclude(pk=phase.pk)
    if others.exists():
        raise ValidationFailed(fields={"title": ["This challenge has a phase of that title."]})


def _require_no_fault(phase: Phase, changes: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` if the times that the phase will have do not follow each other."""
    times = [changes.get(name, getattr(phase, name)) for name in _TIMES]
    found = faults(*times)
    if found:
        raise ValidationFailed(fields=found)


def _require_kind(phase: Phase, changes: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` if what is handed in would change while the phase goes on."""
    names = [name for name in _KIND if name in changes and changes[name] != getattr(phase, name)]
    if names and has_opened(phase):
        raise ValidationFailed(
            fields={name: ["This stays as it is: the phase has opened."] for name in names}
        )
    if {"kind", "archive"} & set(changes):
        _require_archive(changes.get("kind", phase.kind), changes.get("archive", phase.archive))


def _require_archive(kind: str, archive: object) -> None:
    """Raise `ValidationFailed` if algorithms would have nothing to run on."""
    if kind == Phase.Kind.ALGORITHM and archive is None:
        raise ValidationFailed(fields={"archive": ["Algorithms need cases to run on."]})


def _require_schema(schema: object) -> None:
    """Raise `ValidationFailed` unless files can be checked against the schema, if there is one."""
    if schema is None:
        return
    try:
        check_schema(schema)
    except UnusableSchema as error:
        raise ValidationFailed(fields={"predictions_schema": [str(error)]}) from error


def _require_parent(phase: Phase, parent: object) -> None:
    """Raise `ValidationFailed` unless the parent is another phase here, that needs not this one."""
    above = parent
    while isinstance(above, Phase):
        if above.pk == phase.pk:
            raise ValidationFailed(fields={"parent": ["The phases would wait for each other."]})
        if above.challenge_id != phase.challenge_id:
            raise ValidationFailed(fields={"parent": ["Choose a phase of this challenge."]})
        above = above.parent


def check_ground_truth(upload: UserUpload) -> None:
    """Raise `ValidationFailed` unless the upload is a tar archive of plain files and folders."""
    try:
        with open_upload(upload) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            room = max(MIN_ROOM, MAX_RATIO * upload.size)
            for number, entry in enumerate(tar):
                name = entry.name
                room -= max(entry.size, 0)
                if room < 0:
                    raise ValidationFailed("The ground truth unpacks to far more than its size.")
                if number > 100_000 or not (entry.isreg() or entry.isdir()):
                    raise ValidationFailed(f"“{name[:100]}” is not a plain file.")
                if name.startswith("/") or ".." in name.split("/"):
                    raise ValidationFailed(f"“{name[:100]}” leads out of the archive.")
    except (tarfile.TarError, EOFError, OSError, ValueError):
        raise ValidationFailed(
            "The ground truth is not a readable tar archive.",
            advice="Pack the folder with: tar -czf ground-truth.tar.gz -C FOLDER .",
        ) from None
