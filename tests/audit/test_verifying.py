"""Damage done behind Django's back is found, and its place is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from app.audit.canonical import SELECT, Row, chained
from app.audit.models import Event, Seal
from app.audit.services import record, seal, sign_head, thin_heads, verify
from app.audit.services.findings import Finding
from app.core.storage import get_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_keys(settings: LazySettings, tmp_path: Path) -> None:
    settings.HOUNSFIELD_HOME = tmp_path / "home"


@pytest.fixture
def log() -> list[int]:
    """Twelve events, sealed, with heads after the sixth and the last."""
    ids = grow(6) + grow(6)
    assert verify().sound
    return ids


def grow(count: int) -> list[int]:
    for number in range(count):
        record("accounts.user.signed_in", obj=None, data={"number": number})
    seal()
    sign_head()
    return list(Event.objects.order_by("-id").values_list("id", flat=True)[:count])[::-1]


@contextmanager
def superuser() -> Iterator[Any]:
    """Somebody who owns the database switches the triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("audit_event", "audit_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in ("audit_event", "audit_seal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only")


def reseal(cursor: Any) -> None:
    """Make the whole chain anew, as somebody would who knows how."""
    cursor.execute("DELETE FROM audit_seal")
    cursor.execute(f"{SELECT} ORDER BY id")
    digest = bytes(32)
    for position, values in enumerate(cursor.fetchall(), 1):
        row = Row(*values)
        digest = chained(digest, row)
        Seal.objects.create(event_id=row.id, position=position, hash=digest)


def findings() -> list[Finding]:
    report = verify()
    assert report.sound == (not report.findings.kept)
    return list(report.findings)


def only() -> Finding:
    (found,) = findings()
    return found


def at(pk: int) -> str:
    return Event.objects.get(pk=pk).at.isoformat()


@pytest.mark.parametrize(
    "assignment",
    [
        "data = '{\"number\": 99}'",
        "name = 'accounts.user.signed_out'",
        "actor_id = 7",
        "at = at + interval '1 microsecond'",
        "address = '192.0.2.1'",
        "request_id = 'x'",
        "object_type = 'images.image'",
        "object_id = '1'",
    ],
)
def test_an_edited_event(log: list[int], assignment: str) -> None:
    with superuser() as cursor:
        cursor.execute(f"UPDATE audit_event SET {assignment} WHERE id = %s", [log[4]])
    found = only()
    assert (found.kind, found.event_id, found.at) == ("edited", log[4], at(log[4]))
    assert (found.after_event_id, found.after_at) == (log[3], at(log[3]))


@pytest.mark.parametrize("place", [0, 4, 11])
def test_a_deleted_event(log: list[int], place: int) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_event WHERE id = %s", [log[place]])
    found = only()
    assert (found.kind, found.event_id) == ("deleted", log[place])
    assert found.after_event_id == (log[place - 1] if place else 0)


def test_an_event_deleted_with_its_seal(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_event WHERE id = %s", [log[4]])
        cursor.execute("DELETE FROM audit_seal WHERE event_id = %s", [log[4]])
    found = only()
    assert (found.kind, found.event_id) == ("cut_out", log[5])
    assert (found.after_event_id, found.after_at) == (log[3], at(log[3]))
    assert "1 sealed event(s)" in found.text


def test_events_that_changed_places(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET id = -1 WHERE id = %s", [log[2]])
        cursor.execute("UPDATE audit_event SET id = %s WHERE id = %s", [log[2], log[8]])
        cursor.execute("UPDATE audit_event SET id = %s WHERE id = -1", [log[8]])
    one, other = findings()
    assert (one.kind, one.event_id, one.until_event_id) == ("swapped", log[2], log[8])
    assert (other.kind, other.event_id) == ("swapped", log[8])


def test_seals_that_changed_places(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_seal SET event_id = -1 WHERE event_id = %s", [log[2]])
        cursor.execute("UPDATE audit_seal SET event_id = %s WHERE event_id = %s", [log[2], log[8]])
        cursor.execute("UPDATE audit_seal SET event_id = %s WHERE event_id = -1", [log[8]])
    found = findings()
    assert found[0].event_id == log[2]
    assert "reordered" in {one.kind for one in found}


def test_an_inserted_event(log: list[int]) -> None:
    with transaction.atomic():
        record("accounts.user.signed_in", obj=None)
        transaction.set_rollback(True)
    grow(1)
    gap = log[-1] + 1
    assert verify().sound, "the gap is legal"
    Event.objects.create(id=gap, name="accounts.user.signed_in")
    found = only()
    assert (found.kind, found.event_id, found.at) == ("inserted", gap, at(gap))
    assert found.after_event_id == log[-1]


def test_an_inserted_event_with_the_chain_made_anew(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET id = id + 1000 WHERE id > %s", [log[8]])
        Event.objects.create(id=log[8] + 1, name="accounts.user.signed_in")
        reseal(cursor)
    found = only()
    assert found.kind == "rewritten"
    assert (found.after_event_id, found.until_event_id) == (log[5], log[11])


def test_the_last_events_cut_off_with_their_seals(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_event WHERE id > %s", [log[8]])
        cursor.execute("DELETE FROM audit_seal WHERE event_id > %s", [log[8]])
    found = only()
    assert (found.kind, found.event_id, found.at) == ("cut_tail", log[8], at(log[8]))
    assert found.until_event_id == log[11]
    assert "for 3 more" in found.text


def test_everything_cut_off(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_event")
        cursor.execute("DELETE FROM audit_seal")
    found = only()
    assert (found.kind, found.event_id, found.until_event_id) == ("cut_tail", 0, log[11])


def test_a_cut_tail_that_grew_again(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_event WHERE id > %s", [log[8]])
        cursor.execute("DELETE FROM audit_seal WHERE event_id > %s", [log[8]])
    grow(5)
    found = findings()
    assert {one.kind for one in found} == {"rewritten"}
    assert (found[0].after_event_id, found[0].until_event_id) == (log[5], log[11])


def test_an_event_edited_together_with_its_seal(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET address = '192.0.2.1' WHERE id = %s", [log[7]])
        cursor.execute(f"{SELECT} WHERE id = %s", [log[7]])
        row = Row(*cursor.fetchone())
        before = bytes(Seal.objects.get(event_id=log[6]).hash)
        Seal.objects.filter(event_id=log[7]).update(hash=chained(before, row))
    found = only()
    assert found.kind == "edited"
    assert (found.after_event_id, found.event_id) == (log[7], log[8])
    assert f"event {log[7]} before it was edited together with its seal" in found.text


def test_the_last_event_edited_together_with_its_seal(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET address = '192.0.2.1' WHERE id = %s", [log[11]])
        reseal(cursor)
    found = only()
    assert (found.kind, found.after_event_id) == ("rewritten", log[5])
    assert (found.event_id, found.until_event_id) == (log[11], log[11])


def test_a_rewritten_chain_is_bounded_by_the_heads(log: list[int]) -> None:
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET address = '192.0.2.1' WHERE id = %s", [log[2]])
        reseal(cursor)
    found = only()
    assert (found.kind, found.after_event_id, found.until_event_id) == ("rewritten", 0, log[5])


def test_a_sealer_that_stands_still(log: list[int]) -> None:
    record("accounts.user.signed_in", obj=None)
    assert verify().sound, "it may take some seconds"
    late = Event.objects.latest("id")
    with superuser() as cursor:
        cursor.execute(
            "UPDATE audit_event SET at = %s WHERE id = %s",
            [timezone.now() - timedelta(minutes=2), late.pk],
        )
    found = only()
    assert (found.kind, found.event_id, found.after_event_id) == ("unsealed", late.pk, log[-1])
    seal()
    assert verify().sound


class TestHeads:
    def test_a_forged_head(self, log: list[int]) -> None:
        key = newest()
        signed = json.loads(get_store().read_range(key, start=0, length=10_000))
        signed["head"]["position"] = 5
        get_store().put_bytes(json.dumps(signed).encode(), key=key)
        kinds = {found.kind: found.text for found in findings()}
        assert key in kinds["head_damaged"]

    def test_a_head_signed_by_somebody_else(
        self, log: list[int], settings: LazySettings, tmp_path: Path
    ) -> None:
        settings.HOUNSFIELD_HOME = tmp_path / "another"
        assert {found.kind for found in findings()} >= {"head_damaged"}

    def test_heads_that_are_gone(self, log: list[int]) -> None:
        get_store().delete(newest())
        found = only()
        assert (found.kind, found.position) == ("heads_missing", 12)

    def test_what_is_no_head(self, log: list[int]) -> None:
        for content in (b"", b"{}", b"[]", b"\xff", b'{"head": {"position": 1}}'):
            get_store().put_bytes(content, key="audit/heads/20200101/000000-1.json")
            assert only().kind == "head_damaged"

    def test_no_secret_lies_in_the_storage(self, log: list[int]) -> None:
        content = get_store().read_range(newest(), start=0, length=10_000)
        assert b"PRIVATE" not in content

    def test_old_heads_are_thinned_out(self) -> None:
        now = timezone.now().replace(hour=12, minute=30, second=0)
        store = get_store()
        for minutes in range(0, 36 * 60, 10):
            moment = now - timedelta(minutes=minutes)
            key = f"audit/heads/{moment:%Y%m%d}/{moment:%H%M%S}-000000000000001.json"
            store.put_bytes(b"{}", key=key)
        assert thin_heads(now=now) > 0
        kept = sorted(found.key for found in store.list_objects("audit/heads/"))
        limit = now - timedelta(days=1)
        whole = [key for key in kept if key.split("/", 2)[2] >= f"{limit:%Y%m%d/%H%M%S}"]
        assert len(whole) == 24 * 6 + 1
        assert len(kept) - len(whole) == 13, "one an hour"
        assert thin_heads(now=now) == 0


def newest() -> str:
    return max(found.key for found in get_store().list_objects("audit/heads/"))


class TestCommand:
    def test_sound(self, log: list[int], capsys: pytest.CaptureFixture[str]) -> None:
        call_command("audit", "verify")
        out = capsys.readouterr().out
        assert "12 events, 12 seals and 2 heads" in out
        assert "events/s" in out
        assert "Sound" in out

    def test_damaged(self, log: list[int], capsys: pytest.CaptureFixture[str]) -> None:
        with superuser() as cursor:
            cursor.execute("DELETE FROM audit_event WHERE id = %s", [log[4]])
        with pytest.raises(SystemExit) as ended:
            call_command("audit", "verify", "--json")
        assert ended.value.code == 1
        answer = json.loads(capsys.readouterr().out)
        assert answer["sound"] is False
        assert answer["findings"][0]["kind"] == "deleted"
        assert answer["findings"][0]["event_id"] == log[4]

    def test_an_empty_log_is_sound(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("audit", "head")
        call_command("audit", "verify")
        assert "Nothing is sealed yet." in capsys.readouterr().out

    def test_the_public_key(self, log: list[int], capsys: pytest.CaptureFixture[str]) -> None:
        call_command("audit", "key")
        assert capsys.readouterr().out.startswith("-----BEGIN PUBLIC KEY-----")


def test_hundreds_of_findings_are_counted(log: list[int]) -> None:
    grow(300)
    with superuser() as cursor:
        cursor.execute("UPDATE audit_event SET address = '192.0.2.1'")
    report = verify()
    assert report.findings.total == 312
    assert len(report.findings.kept) == 200
