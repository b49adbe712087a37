"""State machines as tables, and the one function that moves a row between states."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
    """
    model = type(instance)
    if reason and any(field.name == "reason" for field in model._meta.fields):
        changes["reason"] = reason
    machine: StateMachine = model.MACHINE  # type: ignore[attr-defined]
    with transaction.atomic():
        row: Any = model._base_manager.select_for_update(of=("self",)).get(pk=instance.pk)
        before = row.state
        if not machine.allows(before, to):
            raise TransitionNotAllowed(
                model=str(model._meta.verbose_name), before=str(before), after=str(to)
            )
        written = _write(row, state=str(to), **changes)
        audit_sink()(
            f"{model._meta.app_label}.{model._meta.model_name}.state_changed",
            obj=row,
            actor=actor,
            data={"before": str(before), "after": str(to), "reason": reason},
        )
        for watcher in _watchers.get(model, ()):
            watcher(row, str(before), str(to))
    for name in written:
        setattr(instance, name, getattr(row, name))
    return instance


def _write(row: Any, **changes: Any) -> list[str]:
    for name, value in changes.items():
        setattr(row, name, value)
    names = list(changes)
    if any(field.name == "modified" for field in row._meta.fields):
        names.append("modified")
    row.save(update_fields=names)
    return names
