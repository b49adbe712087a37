"""Making and changing studies and display sets."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import change, record
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.images.models import Image, Import
from app.images.registry import Destination as ImportDestination
from app.sockets.services import (
    Destination,
    GivenValue,
    imported_value,
    put_values,
    take_values,
)
from archives.models import ArchiveItem
from reader_studies.models import Answer, DisplaySet, ReaderStudy
from reader_studies.policies import READER_STUDIES
from reader_studies.selectors import get_display_set_for

DISPLAY_SET = "display-set"
ORDER = ("shuffle", "roll_over")


@transaction.atomic
def create_study(
    *, actor: User, title: str, slug: str = "", pk: UUID | None = None, **rest: object
) -> ReaderStudy:
    """Make a study; whoever makes it is its editor."""
    slug = slug or free_slug(ReaderStudy, title, fallback="reader-study")
    study = ReaderStudy(pk=pk or new_id(), title=title, slug=slug, **rest)
    make_owned(READER_STUDIES, actor=actor, obj=study)
    record("reader_studies.study.created", obj=study, actor=actor, data={"title": title})
    return study


def update_study(*, actor: User, study: ReaderStudy, **changes: object) -> ReaderStudy:
    """Change a study's texts and rules.

    The order of cases stays once somebody reads: a shuffle half-way would make positions, and what
    rolls over, mean something else.
    """
    order = {name: changes[name] for name in ORDER if name in changes}
    changed = [name for name, value in order.items() if getattr(study, name) != value]
    if changed and Answer.objects.filter(display_set__study=study).exists():
        raise Conflict(
            "Readers have already begun, so the order of cases and what rolls over stay.",
            advice="Make a new study for another order.",
        )
    return change("reader_studies.study.changed", obj=study, actor=actor, **changes)


@transaction.atomic
def add_display_sets(
    *, actor: User, study: ReaderStudy, items: Iterable[ArchiveItem], pks: Iterable[UUID] = ()
) -> list[DisplaySet]:
    """Add archive items as display sets, behind those that are there; ``pks`` one per item."""
    order = _next_order(study.display_sets)
    made, keys = [], iter(pks)
    for item in items:
        display_set = DisplaySet.objects.create(
            pk=next(keys, None) or new_id(), study=study, title=item.title, order=order
        )
        display_set.values.set(item.values.all())
        made.append(display_set)
        order += 10
    record("reader_studies.display_sets.added", obj=study, actor=actor, data={"count": len(made)})
    return made


@transaction.atomic
def create_display_set(
    *,
    actor: User,
    study: ReaderStudy,
    title: str = "",
    order: int = 0,
    pk: UUID | None = None,
) -> DisplaySet:
    """Add an empty display set; order 0 puts it behind those that are there."""
    ReaderStudy.objects.select_for_update().get(pk=study.pk)
    order = order or _next_order(study.display_sets)
    title = title.strip() or f"Case {order}"
    made = DisplaySet(pk=pk or new_id(), study=study, title=title, order=order)
    made.full_clean()
    made.save()
    record("reader_studies.display_sets.added", obj=study, actor=actor, data={"count": 1})
    return made


@transaction.atomic
def change_display_set(
    *,
    actor: User,
    display_set: DisplaySet,
    title: str | None = None,
    order: int | None = None,
    given: Iterable[GivenValue] = (),
    replace_all: bool = False,
) -> DisplaySet:
    """Change a display set that nobody has answered: each socket given is replaced.

    With ``replace_all`` the sockets that are not given are emptied. Images that were uploaded
    follow when they are imported; order 0 means behind all others.
    """
    DisplaySet.objects.select_for_update().get(pk=display_set.pk)
    chosen = list(given)
    if chosen or replace_all:
        _require_unanswered(display_set, "What they saw stays as it was. Make a new display set.")
    if title is not None and title.strip():
        display_set.title = title.strip()
    if order is not None:
        display_set.order = order or _next_order(display_set.study.display_sets)
    display_set.full_clean()
    display_set.save(update_fields=["title", "order", "modified"])
    values = take_values(
        actor=actor, given=chosen, destination=Destination(DISPLAY_SET, display_set.pk)
    )
    if replace_all:
        kept = [value.socket.pk for value in chosen]
        display_set.values.remove(*display_set.values.exclude(socket__in=kept))
    put_values(display_set, values)
    record(
        "reader_studies.display_set.changed",
        obj=display_set,
        actor=actor,
        data={"sockets": sorted(value.socket.slug for value in chosen)},
    )
    return display_set


def receive_display_set_image(source: Import, images: list[Image]) -> None:
    """Put an imported image into the display set that it was given for."""
    pk = source.destination_id
    found = DisplaySet.objects.select_for_update().filter(pk=pk).first() if pk else None
    if found is None:
        raise Conflict("The display set was deleted while its files were being imported.")
    put_values(found, [imported_value(source, images)])


def describe_display_set(user: User, pk: UUID) -> ImportDestination:
    """Name the display set an import goes to, if ``user`` may change it; else `NotFound`."""
    found = get_display_set_for(user, pk, action="change")
    return ImportDestination(title=found.title, url=f"/reader-studies/{found.study_id}/")


@transaction.atomic
def delete_display_set(*, actor: User, display_set: DisplaySet) -> None:
    """Delete a display set that nobody has answered yet, be it for the reference standard."""
    DisplaySet.objects.select_for_update().get(pk=display_set.pk)
    _require_unanswered(display_set, "Keep it, or export the answers and make a new study.")
    data = {"display_set": str(display_set.pk), "title": display_set.title}
    record("reader_studies.display_set.deleted", obj=display_set.study, actor=actor, data=data)
    display_set.delete()


def _require_unanswered(display_set: DisplaySet, advice: str) -> None:
    if display_set.answers.exists():
        raise Conflict("Readers have already answered questions about this case.", advice=advice)
    if Answer.references.filter(display_set=display_set).exists():
        raise Conflict(
            "The reference standard has answers about this case.",
            advice="Empty its answers in the reference standard first, or make a new display set.",
        )


def _next_order(related: object) -> int:
    highest = related.aggregate(highest=Max("order"))["highest"]  # type: ignore[attr-defined]
    return 10 if highest is None else int(highest) + 10
