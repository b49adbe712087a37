"""Taking changes of annotations: in order, each once, and never over somebody else's.

A change names the revision that it builds on. Whatever came in between makes it a conflict, which
stores nothing and is answered with what stands. A change that is stored already is answered as
such, so a client may send its buffer again from the beginning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.audit.services import record
from app.core.errors import LimitReached, NotFound, PortalError, ValidationFailed
from app.sockets.schemas import InvalidValue
from viewer.annotations.desk import Desk
from viewer.annotations.models import Annotation, AnnotationVersion
from viewer.annotations.news import tell
from viewer.annotations.services.masks import check_segments_kept, store_slices
from viewer.annotations.values import clean_color, clean_frame, clean_tool, clean_value

MOST_ANNOTATIONS = 5_000
"""The most annotations of one person on one display set, deleted ones left out."""
CONTENT = ("value", "label", "color", "frame", "question", "deleted")


@dataclass(frozen=True)
class Change:
    """What a client sent; ``given`` are the fields that it named, the rest stays as it was."""

    id: UUID
    annotation: UUID
    base: UUID | None
    given: dict[str, Any]
    made_at: datetime | None = None
    slices: list[Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a change; ``current`` is what stands where that is something else."""

    change: UUID
    annotation: UUID
    status: str
    version: int | None = None
    current: Annotation | None = None
    problem: PortalError | None = None


def take_changes(desk: Desk, changes: Iterable[Change | Outcome]) -> list[Outcome]:
    """Take changes one after the other, each in a transaction of its own.

    What was refused before it came here, an `Outcome`, keeps its place in the order.
    """
    outcomes = [one if isinstance(one, Outcome) else take_change(desk, one) for one in changes]
    saved = {one.annotation for one in outcomes if one.status == "saved"}
    tell(Annotation.objects.filter(pk__in=saved), by=desk.user.get_username())
    return outcomes


def take_change(desk: Desk, change: Change) -> Outcome:
    """Take one change; what cannot be taken is an outcome too, and leaves nothing behind."""
    try:
        try:
            with transaction.atomic():
                return _take(desk, change)
        except IntegrityError:  # the same annotation was made at the same moment
            with transaction.atomic():
                return _take(desk, change)
    except IntegrityError:
        return refused(change, ValidationFailed(fields={"id": ["This id is taken."]}))
    except PortalError as error:
        return refused(change, error)


def check_room(desk: Desk, *, author: Any = None) -> None:
    """Raise `LimitReached` when the author has as many annotations here as one may have.

    The author is the person at the desk, unless somebody else is named.
    """
    author = author or desk.user
    drawn = Annotation.objects.filter(
        source=desk.source, object_id=desk.object_id, author=author, deleted=False
    )
    if drawn.count() >= MOST_ANNOTATIONS:
        who = "You have" if author == desk.user else f"{author.get_username()} has"
        raise LimitReached(
            f"{who} {MOST_ANNOTATIONS:,} annotations here.", advice="Delete some first."
        )


def refused(change: Change, problem: PortalError) -> Outcome:
    """Return the outcome of a change that cannot be stored."""
    return Outcome(change.id, change.annotation, "refused", problem=problem)


def _take(desk: Desk, change: Change) -> Outcome:
    annotation = _locked(change.annotation)
    known = AnnotationVersion.objects.filter(pk=change.id).first()
    if known is not None and known.annotation_id != change.annotation:
        raise ValidationFailed(fields={"id": ["This id is taken."]})
    if known is not None and annotation is None:
        annotation = _locked(change.annotation)  # made between the two questions
    if annotation is None:
        return _made(desk, change)
    if not desk.sees(annotation):
        if change.base is None:
            raise ValidationFailed(fields={"annotation": ["This id is taken."]})
        raise NotFound("There is no such annotation here.")
    if known is not None:
        return _repeated(annotation, known, desk)
    if not desk.may_change(annotation):
        raise ValidationFailed(
            fields={"annotation": ["It is somebody else's."]},
            advice="Make a copy of it, and change that.",
        )
    if change.base != annotation.revision:
        return Outcome(change.id, annotation.pk, "conflict", annotation.version, annotation)
    return _changed(desk, annotation, change)


def _locked(pk: UUID) -> Annotation | None:
    """Return an annotation that nobody else changes meanwhile.

    Nothing is joined: PostgreSQL finds no row that was waited for when what it is joined to, here
    the person who changed it, is another one by then.
    """
    return Annotation.objects.select_for_update().filter(pk=pk).first()


def _repeated(annotation: Annotation, known: AnnotationVersion, desk: Desk) -> Outcome:
    if known.changed_by_id != desk.user.pk:
        raise ValidationFailed(fields={"id": ["This id is taken."]})
    is_last = annotation.revision == known.pk
    current = None if is_last else annotation
    return Outcome(known.pk, annotation.pk, "repeated", known.number, current)


def _made(desk: Desk, change: Change) -> Outcome:
    if change.base is not None:
        raise NotFound(
            "There is no such annotation here.", advice="Send what it begins with first."
        )
    check_room(desk)
    given = change.given
    missing = [name for name in ("image", "kind", "tool", "value") if given.get(name) is None]
    if missing:
        raise ValidationFailed(fields={name: ["Give this."] for name in missing})
    if given["image"] not in desk.image_ids:
        raise ValidationFailed(fields={"image": ["There is no such image in this display set."]})
    annotation = Annotation(
        id=change.annotation,
        source=desk.source,
        object_id=desk.object_id,
        image_id=given["image"],
        author=desk.user,
        changed_by=desk.user,
        kind=given["kind"],
        tool=_checked(clean_tool, given["tool"]),
        revision=change.id,
        value={},
    )
    _fill(annotation, given)
    annotation.save(force_insert=True)
    _store(annotation, change, desk)
    about = {"kind": annotation.kind, "version": 1, "source": desk.source}
    record("viewer.annotation.created", obj=annotation, actor=desk.user, data=about)
    return Outcome(change.id, annotation.pk, "saved", 1)


def _changed(desk: Desk, annotation: Annotation, change: Change) -> Outcome:
    was_deleted = annotation.deleted
    fixed = {"image": annotation.image_id, "kind": annotation.kind, "tool": annotation.tool}
    for name, value in fixed.items():
        if change.given.get(name, value) != value:
            raise ValidationFailed(fields={name: ["This never changes; make a new annotation."]})
    before = annotation.value
    _fill(annotation, change.given)
    if was_deleted and not annotation.deleted:
        check_room(desk, author=annotation.author)
    if annotation.is_mask and annotation.value != before:
        check_segments_kept(annotation, before, changing=_indices(change.slices))
    annotation.version += 1
    annotation.revision = change.id
    annotation.changed_by = desk.user
    annotation.save()
    _store(annotation, change, desk)
    about = {"kind": annotation.kind, "version": annotation.version, "source": desk.source}
    record(_event(annotation, was_deleted), obj=annotation, actor=desk.user, data=about)
    return Outcome(change.id, annotation.pk, "saved", annotation.version)


def _event(annotation: Annotation, was_deleted: bool) -> str:
    if annotation.deleted == was_deleted:
        return "viewer.annotation.changed"
    return "viewer.annotation.deleted" if annotation.deleted else "viewer.annotation.restored"


def _fill(annotation: Annotation, given: dict[str, Any]) -> None:
    """Set the fields that a change names, checked."""
    if "value" in given:
        annotation.value = _checked(clean_value, given["value"], kind=annotation.kind)
    if "color" in given:
        annotation.color = _checked(clean_color, given["color"])
    if "frame" in given:
        annotation.frame = _checked(clean_frame, given["frame"])
    for name in ("label", "question", "deleted"):
        if name in given:
            setattr(annotation, name, given[name])


def _store(annotation: Annotation, change: Change, desk: Desk) -> None:
    """Keep the version that a change made, with the slices it brought."""
    now = timezone.now()
    version = AnnotationVersion(
        id=change.id,
        annotation=annotation,
        number=annotation.version,
        changed_by=desk.user,
        made_at=min(change.made_at or now, now),
        **{name: getattr(annotation, name) for name in CONTENT},
    )
    if change.slices is not None:
        version.slices = store_slices(annotation, change.slices)
    version.save(force_insert=True)


def _indices(slices: Sequence[Any] | None) -> set[int]:
    found = (one.get("index") for one in slices or () if isinstance(one, dict))
    return {index for index in found if isinstance(index, int)}


def _checked(clean: Any, value: Any, **how: Any) -> Any:
    """Return a cleaned value; what the schemas refuse becomes a problem with its field."""
    try:
        return clean(value, **how)
    except InvalidValue as error:
        name = error.field or clean.__name__.removeprefix("clean_")
        raise ValidationFailed(error.message, fields={name: [error.message]}) from error
