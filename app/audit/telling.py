"""Events as sentences for people, with links, and with what changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from app.accounts.models import User
from app.audit.models import Event
from app.audit.registry import page_of
from app.core.audit import registered_events, sentence_of
from app.design.components.states import LOOKS


@dataclass(frozen=True)
class Change:
    """One field before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Told:
    """An event ready to be shown; ``sentence`` is HTML, ``facts`` the rest of its data."""

    event: Event
    sentence: SafeString
    changes: Sequence[Change]
    facts: Mapping[str, Any]


def told(events: Sequence[Event]) -> list[Told]:
    """Tell events, looking up people and objects in a few queries for all of them."""
    people = _people(events)
    objects = _objects(events)
    return [
        Told(
            event=event,
            sentence=_sentence(event, people=people, objects=objects),
            changes=_changes(event.data),
            facts={k: v for k, v in event.data.items() if k not in ("before", "after")},
        )
        for event in events
    ]


class _Words(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _sentence(
    event: Event, *, people: Mapping[int, User], objects: Mapping[tuple[str, str], Model]
) -> SafeString:
    words = _Words({k: conditional_escape(_short(v)) for k, v in event.data.items()})
    if isinstance(event.data.get("user"), int):
        words["user"] = conditional_escape(_person(event.data["user"], people))
    words["actor"] = conditional_escape(_person(event.actor_id, people))
    words["object"] = _object(event, objects.get((event.object_type, event.object_id)))
    if event.name not in registered_events():  # of an older release, or not ours
        return format_html("{} ({})", words["actor"], event.name)
    return SafeString(sentence_of(event.name).format_map(words))


def _person(pk: int | None, people: Mapping[int, User]) -> str:
    if pk is None:
        return "The portal"
    return people[pk].display_name if pk in people else f"A deleted account ({pk})"


def _object(event: Event, found: Model | None) -> SafeString:
    kind = event.object_type.rsplit(".", 1)[-1]
    if found is None:
        return format_html("{} {}", kind, event.object_id[:13]) if kind else SafeString("nothing")
    text = str(found)[:120] or kind
    address = page_of(event.object_type, event.object_id)
    return format_html('<a href="{}">{}</a>', address, text) if address else format_html("{}", text)


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(_plain(value))
    return text if len(text) <= 120 else f"{text[:119]}…"


def _plain(value: Any) -> Any:
    """Return a state in the words that its badge has; anything else as it is."""
    known = LOOKS.get(value) if isinstance(value, str) else None
    return known.word.lower() if known else value


def _changes(data: Mapping[str, Any]) -> list[Change]:
    if "before" not in data and "after" not in data:
        return []
    before, after = data.get("before"), data.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [Change(name, _plain(before.get(name)), _plain(after.get(name))) for name in names]
    return [Change("value", _plain(before), _plain(after))]


def _people(events: Iterable[Event]) -> Mapping[int, User]:
    wanted = {event.actor_id for event in events if event.actor_id is not None}
    named = (event.data.get("user") for event in events)
    wanted |= {pk for pk in named if isinstance(pk, int)}
    return User.objects.in_bulk(wanted)


def _objects(events: Iterable[Event]) -> dict[tuple[str, str], Model]:
    """The objects that are still there; one query per kind."""
    wanted: dict[str, set[str]] = {}
    for event in events:
        if event.object_type and event.object_id:
            wanted.setdefault(event.object_type, set()).add(event.object_id)
    found: dict[tuple[str, str], Model] = {}
    for label, keys in wanted.items():
        try:
            model = apps.get_model(label)
        except LookupError:
            continue  # of an older release
        links = [f.name for f in model._meta.fields if f.is_relation and f.many_to_one]
        rows = model._default_manager.filter(pk__in=keys)
        for row in rows.select_related(*links) if links else rows:
            found[label, str(row.pk)] = row
    return found
