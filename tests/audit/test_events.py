"""Audit events: only ever added, with who, what, when, from where."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.audit.services import record
from app.core.audit import audit_sink
from tests.factories.archives import make_archive

pytestmark = pytest.mark.django_db


def test_the_database_refuses_changes(user: User) -> None:
    record("accounts.user.tested", obj=user, actor=user)
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
    assert Event.objects.get().name == "accounts.user.tested"


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
    record("accounts.user.tested", obj=user)
    event = Event.objects.get()
    assert (event.request_id, event.address, event.actor_id) == ("", "", None)


def test_nothing_stays_of_a_request(client: Client, user: User) -> None:
    client.force_login(user)
    client.get("/archives/")
    record("accounts.user.tested", obj=user)
    event = Event.objects.get(name="accounts.user.tested")
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
