"""Hints that are given together, and hints that are taken back."""

from __future__ import annotations

from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from django.db import transaction

from app.core import audience, hints
from app.core.hints import hint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, dict[str, Any]]]]:
    """What went out, push by push: the groups and what was said to each."""
    found: list[list[tuple[str, dict[str, Any]]]] = []

    class Layer(InMemoryChannelLayer):  # type: ignore[misc]
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            said = {key: value for key, value in message.items() if key not in ("type", "at")}
            found[-1].append((group, said))

    push = hints.push

    def counted(given: Any) -> None:
        found.append([])
        push(given)

    monkeypatch.setattr(hints, "get_channel_layer", Layer)
    monkeypatch.setattr(audience, "get_channel_layer", Layer)
    monkeypatch.setattr(hints, "push", counted)
    return found


def test_hints_of_one_transaction_go_out_together_and_equal_ones_once(pushed: Any) -> None:
    with transaction.atomic():
        hint("run.1", state="EXECUTING")
        hint("run.1", state="SUCCEEDED")
        hint("run.1", state="SUCCEEDED")
        hint("run.2", "endpoint.3", state="QUEUED")
        assert pushed == []
    (together,) = pushed
    assert sorted(together, key=str) == [
        ("endpoint.3", {"state": "QUEUED"}),
        ("run.1", {"state": "EXECUTING"}),
        ("run.1", {"state": "SUCCEEDED"}),
        ("run.2", {"state": "QUEUED"}),
    ]


def test_what_is_undone_takes_only_its_own_hints_along(pushed: Any) -> None:
    with transaction.atomic():
        with transaction.atomic():
            hint("undone")
            transaction.set_rollback(True)
        hint("done")
        with transaction.atomic():
            hint("undone")
            transaction.set_rollback(True)
    assert pushed == [[("done", {})]]


def test_outside_of_transactions_a_hint_goes_out_at_once(pushed: Any) -> None:
    hint("now")
    assert pushed == [[("now", {})]]
