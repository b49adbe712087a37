"""State machines as tables, and the one function that moves a row between states."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from django.db import models, transaction

from app.core.audit import audit_sink
from app.core.errors import TransitionNotAllowed

M = TypeVar("M", bound=models.Model)

Watcher = Callable[[Any, str, str], None]
_watchers: dict[type[models.Model], list[Watcher]] = {}


@dataclass(frozen=True)
class StateMachine:
    """Allowed moves: ``{state: states it may become}``; a state without moves is final."""

    moves: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, moves: Mapping[Any, Iterable[Any]], *, states: Iterable[Any]) -> "StateMachine":
        """Build a machine from enumeration members; every state gets a row."""
        table = {str(state): frozenset[str]() for state in states}
        table.update({str(a): frozenset(str(b) for b in bs) for a, bs in moves.items()})
        return cls(table)

    def allows(self, before: str, after: str) -> bool:
        """Tell whether ``before`` may become ``after``."""
        return str(after) in self.moves.get(str(before), frozenset())

    @property
    def final(self) -> frozenset[str]:
        """States that nothing leaves."""
        return frozenset(state for state, moves in self.moves.items() if not moves)


def on_move(model: type[models.Model], watcher: Watcher) -> None:
    """Call ``watcher(row, before, after)`` in the transaction of every move of ``model``'s rows.

    For what must never differ from a row's state, and for telling those who wait for it.
    """
    known = _watchers.setdefault(model, [])
    if watcher not in known:
        known.append(watcher)


def transition(instance: M, to: str, *, actor: Any = None, reason: str = "", **changes: Any) -> M:
    """Move ``instance`` to state ``to``: lock the row, check, write, record an audit event.

    The model has a ``state`` field and a class attribute ``MACHINE``. ``changes`` are other
    fields written in the same statement; ``reason`` is recorded in the event, and in the row where
    it has such a field. The passed instance is brought up to date. Raises
    `TransitionNotAllowed`; the row is read under a lock, so a stale instance cannot cheat.

    All of it belongs to the transaction under way. A refusal leaves that usable; whatever else
    goes wrong takes it along, or the savepoint around this call.
    """
    model = type(instance)
    with _transaction():
        row: Any = model._base_manager.select_for_update(of=("self",)).get(pk=instance.pk)
        written = _move(row, (to,), actor=actor, reason=reason, changes=changes)
    for name in written:
        setattr(instance, name, getattr(row, name))
    return instance


def move_locked(row: M, *states: str, actor: Any = None, reason: str = "", **changes: Any) -> M:
    """Move a row through ``states``, the last of which stays: `transition` for who has the lock.

    The transaction under way must have read ``row`` under its lock. All moves are one write;
    each has its own audit event, and its own call of every watcher.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Only a transaction under way can have locked a row.")
    _move(row, states, actor=actor, reason=reason, changes=changes)
    return row


def _transaction() -> AbstractContextManager[Any]:
    """Begin a transaction unless one is under way."""
    under_way = transaction.get_connection().in_atomic_block
    return nullcontext() if under_way else transaction.atomic()


def _move(
    row: Any, states: Sequence[str], *, actor: Any, reason: str, changes: dict[str, Any]
) -> list[str]:
    """Check all moves, then write and record them; return the names of what was written."""
    model = type(row)
    moves = list(pairwise((str(row.state), *map(str, states))))
    for before, after in moves:
        if not model.MACHINE.allows(before, after):
            raise TransitionNotAllowed(
                model=str(model._meta.verbose_name), before=before, after=after
            )
    if reason and any(field.name == "reason" for field in model._meta.fields):
        changes = {**changes, "reason": reason}
    with transaction.atomic(savepoint=False):
        written = _write(row, state=str(states[-1]), **changes)
        first, *more = [{"before": a, "after": b, "reason": reason} for a, b in moves]
        name = f"{model._meta.app_label}.{model._meta.model_name}.state_changed"
        audit_sink()(name, obj=row, actor=actor, data=first, more=more)
        for before, after in moves:
            for watcher in _watchers.get(model, ()):
                watcher(row, before, after)
    return written


def _write(row: Any, **changes: Any) -> list[str]:
    for name, value in changes.items():
        setattr(row, name, value)
    names = list(changes)
    if any(field.name == "modified" for field in row._meta.fields):
        names.append("modified")
    row.save(update_fields=names)
    return names
