"""Every state has a look."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from app.design.components.states import LOOKS, look_of, state_badge
from app.design.icons import all_icons
from tests.design.rendering import HOSTILE, Elements, render

# The state machines that the architecture names, whether their application exists yet or not.
WRITTEN = [
    "PENDING",
    "INITIALIZED",
    "COMPLETED",
    "ABORTED",
    "QUEUED",
    "RUNNING",
    "SUCCEEDED",
    "PARTIAL",
    "FAILED",
    "CANCELLED",
    "UPLOADED",
    "VALIDATING",
    "READY",
    "INVALID",
    "RETIRED",
    "VALIDATING_INPUTS",
    "PROVISIONING",
    "EXECUTING",
    "PARSING",
    "RECEIVED",
    "ACCEPTED",
    "REFUSED",
    "WITHDRAWN",
    "RUNNING_CASES",
    "EVALUATING",
    "RANKING",
    "STARTING",
    "STOPPING",
    "STOPPED",
    "REJECTED",
]


def states_of_all_models() -> dict[str, set[str]]:
    """Return the states of every installed model that has any, by the model's label."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for name in ("state", "status"):
            field = next((f for f in model._meta.fields if f.name == name), None)
            if isinstance(field, models.CharField) and field.choices:
                found[model._meta.label] = {str(value) for value, _ in field.flatchoices}
    return found


@pytest.mark.parametrize("state", WRITTEN)
def test_a_written_state_has_a_look(state: str) -> None:
    assert state in LOOKS


def test_every_state_of_every_model_has_a_look() -> None:
    known = states_of_all_models()
    assert {"images.Import", "uploads.UserUpload"} <= known.keys()
    missing = {label: states - LOOKS.keys() for label, states in known.items()}
    assert {label: states for label, states in missing.items() if states} == {}


def test_every_look_can_be_drawn() -> None:
    assert {look.icon for look in LOOKS.values()} <= all_icons().keys()
    assert {look.tone for look in LOOKS.values()} <= {
        "neutral", "info", "busy", "success", "warning", "danger",
    }  # fmt: skip


def test_no_look_shows_the_machine_word() -> None:
    assert [state for state, look in LOOKS.items() if look.word == state or "_" in look.word] == []


def test_a_badge_carries_word_icon_and_state() -> None:
    page = Elements(render("{% state_badge 'QUEUED' %}"))
    assert page.text.strip() == "Waiting"
    assert page.one("span")["data-state"] == "QUEUED"
    assert "svg" in page.tags()


def test_a_badge_takes_an_enumeration_and_another_word() -> None:
    class State(models.TextChoices):
        RUNNING = "RUNNING", "Running"

    page = Elements(render("{% state_badge state label='At work' %}", state=State.RUNNING))
    assert page.text.strip() == "At work"
    assert page.one("span")["data-state"] == "RUNNING"


def test_an_unknown_state_is_shown_in_words() -> None:
    assert look_of("LOST_AND_FOUND").word == "Lost and found"
    assert look_of("").word == "Unknown"


def test_a_hostile_state_is_text() -> None:
    assert Elements(state_badge(HOSTILE)).tags() <= {"span", "svg", "circle"}
