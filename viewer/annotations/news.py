"""Hints of changed annotations: to whoever sees all of a display set, and to their author."""

from collections.abc import Iterable
from uuid import UUID

from app.core.hints import hint
from viewer.annotations.desk import Desk
from viewer.annotations.models import Annotation


def group_of(desk: Desk) -> str:
    """Return the group of hints that the person at a desk may hear."""
    whose = None if desk.view.others != "none" else desk.user.pk
    return _group(desk.source, desk.object_id, whose)


def tell(annotations: Iterable[Annotation], *, by: str) -> None:
    """Hint at changed annotations of one display set, each to those who may see it."""
    heard: dict[str, list[str]] = {}
    for annotation in annotations:
        for whose in (None, annotation.author_id):
            group = _group(annotation.source, annotation.object_id, whose)
            heard.setdefault(group, []).append(str(annotation.pk))
    for group, keys in heard.items():
        hint(group, annotations=list(dict.fromkeys(keys)), by=by)


def _group(source: str, object_id: UUID, whose: int | None) -> str:
    return f"marks.{source}.{object_id}.{'all' if whose is None else whose}"
