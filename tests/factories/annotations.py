"""The smallest valid annotations."""

from collections.abc import Mapping
from typing import Any

from app.accounts.models import User
from app.core.ids import new_id
from app.sockets.schemas import KINDS
from viewer.annotations.desk import desk_for
from viewer.annotations.services import Change, take_changes
from viewer.models import Annotation

MASK = {"segments": [{"name": "Nodule", "voxel_value": 1}], "bits": 8}


def make_annotation(
    author: User, *, source: str, obj: Any, kind: str = "DIST", value: Any = None
) -> Annotation:
    """Something that ``author`` drew on the first image of a display set."""
    desk = desk_for(author, source, obj.pk)
    key = new_id()
    given = {
        "image": desk.view.layers[0].image_id,
        "kind": kind,
        "tool": "brush" if kind == "SEG" else "length",
        "value": value or KINDS[kind].example,
    }
    (outcome,) = take_changes(desk, [Change(id=new_id(), annotation=key, base=None, given=given)])
    assert outcome.status == "saved", outcome.problem
    return Annotation.objects.get(pk=key)


def make_marks(people: Mapping[str, User], things: Mapping[str, Any]) -> dict[str, Annotation]:
    """A distance and a mask of an archive's user, and a distance of a study's reader."""
    item = {"source": "archive-item", "obj": things["archive_item"]}
    case = {"source": "display-set", "obj": things["display_set"]}
    return {
        "mark": make_annotation(people["archive_user"], **item),
        "mask": make_annotation(people["archive_user"], **item, kind="SEG", value=MASK),
        "study_mark": make_annotation(people["study_reader"], **case),
    }
