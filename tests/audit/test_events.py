"""Audit events: only ever added, with who, what, when, from where."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.audit.services import record, seal
from app.core.audit import (
    UnregisteredEvent,
    audit_sink,
    register_events,
    registered_events,
)
from tests.factories.archives import make_archive

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_the_database_refuses_changes(user: User) -> None:
    record("accounts.user.signed_in", obj=user, actor=user)
    event = Event.objects.get()
    statements = [
        "UPDATE audit_event SET name = 'x'",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET data = '{}' WHERE id = 0 OR true",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    for attempt in (event.delete, event.save, Event.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert Event.objects.get().name == "accounts.user.signed_in"


def test_an_event_outlives_its_actor_and_object(user: User) -> None:
    archive = make_archive(editor=user)
    pk, who = str(archive.pk), user.pk
    archive.delete()
    user.delete()
    assert Event.objects.filter(object_id=pk, actor_id=who).exists()


@pytest.mark.parametrize("name", ["", "x", "a.b", "a.b.c.d", "A.b.c", "a.b c.d", "a..b", "a.b.c\n"])
def test_names_have_a_grammar(name: str) -> None:
    with pytest.raises(ValueError, match=r"app\.object\.verb"):
        record(name, obj=None)
    with pytest.raises(ValueError, match=r"app\.object\.verb"):
        register_events({name: "{actor} did it"})


def test_a_name_that_nobody_registered_takes_the_change_with_it(user: User) -> None:
    @transaction.atomic
    def make_and_paint() -> None:
        make_archive(editor=user)
        record("archives.archive.painted", obj=None)

    with pytest.raises(UnregisteredEvent, match="not registered"):
        make_and_paint()
    assert not Event.objects.exists()


def test_a_name_is_registered_once() -> None:
    with pytest.raises(RuntimeError, match="twice"):
        register_events({"accounts.user.signed_in": "Another sentence"})


def test_every_name_in_the_code_is_registered() -> None:
    """Names that are written out, and the moves of every state machine."""
    known = registered_events()
    used = {name for path in sources() for name in written_names(path)}
    assert len(used) > 30
    moves = {
        f"{model._meta.app_label}.{model._meta.model_name}.state_changed"
        for model in apps.get_models()
        if hasattr(model, "MACHINE")
    }
    assert sorted((used | moves) - set(known)) == []


def sources() -> list[Path]:
    tops = ("app", "archives", "algorithms", "reader_studies", "viewer")
    return [path for top in tops for path in (ROOT / top).rglob("*.py")]


def written_names(path: Path) -> set[str]:
    """The first argument of each call that records, and every ``audit_name``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        sink = isinstance(called, ast.Call) and getattr(called.func, "id", "") == "audit_sink"
        if sink or getattr(called, "id", getattr(called, "attr", "")) in {"record", "change"}:
            given = node.args[:1]
        else:
            given = [keyword.value for keyword in node.keywords if keyword.arg == "audit_name"]
        names |= {one.value for one in given if isinstance(one, ast.Constant)}
    return {name for name in names if isinstance(name, str)}


def test_truncating_is_refused(user: User) -> None:
    record("accounts.user.signed_in", obj=user)
    seal()
    for table in ("audit_event", "audit_seal"):
        connection.cursor().execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(f"TRUNCATE {table}")


def test_seals_are_append_only(user: User) -> None:
    record("accounts.user.signed_in", obj=user)
    seal()
    for statement in ("UPDATE audit_seal SET position = 7", "DELETE FROM audit_seal"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_request_id_address_and_actor(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.post(
        reverse("archives:create"), {"title": "Chest"}, REMOTE_ADDR="2001:db8::7"
    )
    events = Event.objects.filter(request_id=response["X-Request-ID"])
    assert {event.name for event in events} == {"accounts.role.granted", "archives.archive.created"}
    assert {event.address for event in events} == {"2001:db8::7"}
    assert {event.actor_id for event in events} == {user.pk}


def test_work_without_a_request_has_neither(user: User) -> None:
    record("accounts.user.signed_in", obj=user)
    event = Event.objects.get()
    assert (event.request_id, event.address, event.actor_id) == ("", "", None)


def test_nothing_stays_of_a_request(client: Client, user: User) -> None:
    client.force_login(user)
    client.get("/archives/")
    record("accounts.user.signed_out", obj=user)
    event = Event.objects.get(name="accounts.user.signed_out")
    assert (event.request_id, event.actor_id) == ("", None)


def test_written_with_the_change_or_not_at_all(user: User) -> None:
    with transaction.atomic():
        make_archive(editor=user)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_downloads_are_recorded(client: Client, user: User) -> None:
    image = make_archive(editor=user, cases=1).items.get().images[0]
    client.force_login(user)
    client.get(image.files.get(kind="MHA").url)
    event = Event.objects.get(name="images.file.downloaded")
    assert (event.object_type, event.object_id) == ("images.image", str(image.pk))
    assert event.actor_id == user.pk


def test_audit_is_the_core_s_sink() -> None:
    assert audit_sink() is record
