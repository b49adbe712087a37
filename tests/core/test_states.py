"""Every state machine of the project, every pair of states, on real rows."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.audit.models import Event
from app.challenges.services import entrant_of
from app.core import states
from app.core.errors import TransitionNotAllowed
from app.core.ids import new_id
from app.core.states import StateMachine, move_locked, transition
from app.people.models import Deletion, PersonalExport
from app.requests.services import ask_for_access
from app.uploads.models import UserUpload
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import (
    make_algorithm,
    make_batch,
    make_container_image,
    make_job,
    make_model_weights,
)
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_ground_truth, make_method, make_phase
from tests.factories.execution import make_endpoint
from tests.factories.images import make_image, make_import
from tests.factories.people import make_verification
from tests.factories.proposals import make_proposal
from tests.factories.studies import make_study
from tests.factories.teams import make_team

Make = Callable[[str], models.Model]


def _upload(state: str) -> models.Model:
    return UserUpload.objects.create(owner=UserFactory(), filename="a", state=state)


def _submission(state: str) -> models.Model:
    phase = make_phase(make_challenge(), ready=False)
    version = make_algorithm().versions.get()
    model = apps.get_model("challenges.Submission")
    creator = UserFactory()
    entrant = entrant_of(creator, phase.challenge)
    row: models.Model = model.objects.create(
        phase=phase,
        creator=creator,
        entrant=entrant,
        competes_as=entrant,
        version=version,
        state=state,
    )
    return row


def _evaluation(state: str) -> models.Model:
    submission: Any = _submission("ACCEPTED")
    model = apps.get_model("challenges.Evaluation")
    method, truth = make_method(submission.phase), make_ground_truth(submission.phase)
    row: models.Model = model.objects.create(
        submission=submission, method=method, ground_truth=truth, state=state
    )
    return row


def _session(state: str) -> models.Model:
    row: models.Model = apps.get_model("viewer.ViewSession").objects.create(
        user=UserFactory(),
        source="archive-item",
        object_id=new_id(),
        state=state,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    return row


def _pack(state: str) -> models.Model:
    """The image's own pack, where making an image has made one."""
    model = apps.get_model("viewer.SlicePack")
    row, _ = model.objects.update_or_create(image=make_image(), defaults={"state": state})
    made: models.Model = row
    return made


def _quarantine(state: str) -> models.Model:
    row: models.Model = apps.get_model("images.Quarantine").objects.create(
        image=make_image(),
        scope="archive",
        scope_id=make_archive().pk,
        cause="Ultrasound",
        state=state,
    )
    return row


def _mail(state: str) -> models.Model:
    row: models.Model = apps.get_model("notifications.OutgoingMail").objects.create(
        recipients=["a@example.org"],
        remaining=["a@example.org"],
        content=b"",
        state=state,
        give_up_at=timezone.now(),
    )
    return row


def _request(make: Callable[[], Any]) -> Make:
    """A request for access to what ``make`` makes."""

    def request(state: str) -> models.Model:
        outcome = ask_for_access(user=UserFactory(), target=make())
        return _in_state(outcome.request, state)

    return request


def _verification(state: str) -> models.Model:
    return _in_state(make_verification(confirmed=False), state)


def _in_state(row: Any, state: str) -> models.Model:
    """Put a row into a state, and forget how it was made."""
    type(row).objects.filter(pk=row.pk).update(state=state)
    found: models.Model = type(row).objects.get(pk=row.pk)
    return found


def _export(state: str) -> models.Model:
    row: models.Model = PersonalExport.objects.create(user=UserFactory(), state=state)
    return row


def _deletion(state: str) -> models.Model:
    row: models.Model = Deletion.objects.create(
        user=UserFactory(), state=state, due_at=timezone.now()
    )
    return row


def _batch_case(state: str) -> models.Model:
    batch = make_batch(
        make_algorithm(), creator=UserFactory(), item=make_archive(cases=1).items.get()
    )
    return _in_state(batch.cases.latest("number"), state)


def _invitation(state: str) -> models.Model:
    model = apps.get_model("challenges.TeamInvitation")
    row: models.Model = model.objects.create(
        team=make_team(make_challenge(), UserFactory()), user=UserFactory(), state=state
    )
    return row


MAKE: dict[str, Make] = {
    "algorithms.BatchCase": _batch_case,
    "images.Quarantine": _quarantine,
    "algorithms.AlgorithmRequest": _request(make_algorithm),
    "archives.ArchiveRequest": _request(make_archive),
    "challenges.ChallengeRequest": _request(make_challenge),
    "reader_studies.ReaderStudyRequest": _request(make_study),
    "people.Verification": _verification,
    "people.PersonalExport": _export,
    "people.Deletion": _deletion,
    "notifications.OutgoingMail": _mail,
    "uploads.UserUpload": _upload,
    "images.Import": lambda state: make_import(state=state),
    "execution.ContainerImage": lambda state: make_container_image(state=state),
    "execution.ModelWeights": lambda state: make_model_weights(state=state),
    "execution.Job": lambda state: make_job(state=state),
    "execution.Endpoint": lambda state: make_endpoint(state=state),
    "challenges.TeamInvitation": _invitation,
    "challenges.ChallengeProposal": lambda state: _in_state(make_proposal(), state),
    "challenges.Submission": _submission,
    "challenges.Evaluation": _evaluation,
    "viewer.ViewSession": _session,
    "viewer.SlicePack": _pack,
}
RESTING = {
    "viewer.SlicePack": {"READY", "FAILED"},
    "execution.ContainerImage": {"READY", "RETIRED"},
    "execution.ModelWeights": {"READY", "RETIRED"},
}
"""States that are not final and yet wait for nobody: what is made can be made again."""


def machines() -> dict[str, type[models.Model]]:
    return {model._meta.label: model for model in apps.get_models() if hasattr(model, "MACHINE")}


def machine_of(label: str) -> StateMachine:
    machine: StateMachine = machines()[label].MACHINE  # type: ignore[attr-defined]
    return machine


def pairs() -> Iterator[tuple[str, str, str]]:
    for label in sorted(machines()):
        states = sorted(machine_of(label).moves)
        yield from ((label, before, after) for before in states for after in states)


def moves(*, allowed: bool) -> list[tuple[str, str, str]]:
    return [(m, a, b) for m, a, b in pairs() if machine_of(m).allows(a, b) is allowed]


def events_of(row: models.Model) -> list[Event]:
    return list(Event.objects.filter(object_id=str(row.pk), name__endswith=".state_changed"))


def test_every_machine_is_tested() -> None:
    assert set(machines()) == set(MAKE)


@pytest.mark.parametrize("label", sorted(MAKE))
def test_table_and_choices_name_the_same_states(label: str) -> None:
    model, machine = machines()[label], machine_of(label)
    choices = {str(value) for value, _ in model._meta.get_field("state").choices or ()}
    assert set(machine.moves) == choices
    assert {after for afters in machine.moves.values() for after in afters} <= choices


@pytest.mark.parametrize("label", sorted(MAKE))
def test_every_state_leads_to_an_end(label: str) -> None:
    machine = machine_of(label)
    ends = machine.final | RESTING.get(label, set())
    assert ends
    for state in machine.moves:
        reached, edge = {state}, {state}
        while edge:
            edge = {after for before in edge for after in machine.moves[before]} - reached
            reached |= edge
        assert reached & ends, f"{label}: {state} never ends"


@pytest.mark.django_db
@pytest.mark.parametrize(("label", "before", "after"), moves(allowed=True))
def test_allowed_move(label: str, before: str, after: str) -> None:
    row: Any = MAKE[label](before)
    actor = UserFactory()
    transition(row, after, actor=actor)
    assert row.state == after
    row.refresh_from_db()
    assert row.state == after
    (event,) = events_of(row)
    app_label, name = label.lower().split(".")
    assert event.name == f"{app_label}.{name}.state_changed"
    assert (event.data["before"], event.data["after"]) == (before, after)
    assert event.actor_id == actor.pk


@pytest.mark.django_db
@pytest.mark.parametrize(("label", "before", "after"), moves(allowed=False))
def test_forbidden_move(label: str, before: str, after: str) -> None:
    row: Any = MAKE[label](before)
    stored = type(row).objects.filter(pk=row.pk).values().get()
    with pytest.raises(TransitionNotAllowed) as raised:
        transition(row, after)
    assert raised.value.data == {"before": before, "after": after}
    assert row.state == before
    assert type(row).objects.filter(pk=row.pk).values().get() == stored
    assert events_of(row) == []


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(MAKE))
def test_unknown_state_is_refused(label: str) -> None:
    row: Any = MAKE[label](next(iter(machine_of(label).moves)))
    with pytest.raises(TransitionNotAllowed):
        transition(row, "ELSEWHERE")


@pytest.mark.django_db
def test_a_stale_instance_cannot_cheat() -> None:
    row = make_job(state="QUEUED")
    stale = type(row).objects.get(pk=row.pk)
    transition(row, "CANCELLED")
    assert stale.state == "QUEUED"
    with pytest.raises(TransitionNotAllowed):
        transition(stale, "PROVISIONING")
    row.refresh_from_db()
    assert row.state == "CANCELLED"


@pytest.mark.django_db
def test_only_the_named_fields_are_written() -> None:
    row = make_job(state="QUEUED", worker="first")
    stale = type(row).objects.get(pk=row.pk)
    type(row).objects.filter(pk=row.pk).update(worker="second")
    transition(stale, "PROVISIONING", reason="why", attempts=3)
    row.refresh_from_db()
    assert (row.worker, row.attempts, row.reason) == ("second", 3, "why")
    assert (stale.attempts, stale.reason) == (3, "why")


@pytest.mark.django_db
def test_moves_of_a_locked_row_are_one_write_and_an_event_each() -> None:
    row = locked_job("PROVISIONING")
    with CaptureQueriesContext(connection) as statements:
        move_locked(row, "EXECUTING", "PARSING", "SUCCEEDED", attempts=3)
    assert (row.state, row.attempts) == ("SUCCEEDED", 3)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("SUCCEEDED", 3)
    assert [(event.data["before"], event.data["after"]) for event in reversed(events_of(row))] == [
        ("PROVISIONING", "EXECUTING"),
        ("EXECUTING", "PARSING"),
        ("PARSING", "SUCCEEDED"),
    ]
    assert len(statements) == 2


@pytest.mark.django_db
def test_a_way_with_one_forbidden_move_is_not_begun() -> None:
    row = locked_job("PROVISIONING")
    with pytest.raises(TransitionNotAllowed):
        move_locked(row, "EXECUTING", "SUCCEEDED")
    assert row.state == "PROVISIONING"
    row.refresh_from_db()
    assert row.state == "PROVISIONING"
    assert events_of(row) == []


@pytest.mark.django_db(transaction=True)
def test_nobody_has_locked_a_row_outside_of_transactions() -> None:
    row = make_job(state="QUEUED")
    with pytest.raises(RuntimeError, match="transaction"):
        move_locked(row, "PROVISIONING")


@pytest.mark.django_db(transaction=True)
def test_a_move_that_cannot_be_recorded_takes_the_transaction_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = make_job(state="QUEUED")

    def no_sink(*given: Any, **more: Any) -> None:
        raise LookupError

    monkeypatch.setattr(states, "audit_sink", lambda: no_sink)
    with transaction.atomic():
        with suppress(LookupError):
            transition(row, "PROVISIONING")
        assert transaction.get_rollback(), "even where the error is caught"
    row.refresh_from_db()
    assert row.state == "QUEUED"


def locked_job(state: str) -> Any:
    row = make_job(state=state)
    return type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins() -> None:
    row = make_import(state="RUNNING")
    start, outcomes = Barrier(2), []

    def move(after: str) -> None:
        own = type(row).objects.get(pk=row.pk)
        start.wait(timeout=20)
        try:
            transition(own, after)
            outcomes.append(after)
        except TransitionNotAllowed:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=move, args=(after,)) for after in ("SUCCEEDED", "CANCELLED")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes)[-1] == "refused"
    row.refresh_from_db()
    assert row.state in outcomes
    assert len(events_of(row)) == 1
