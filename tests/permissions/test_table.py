"""The site does what the table says, for every role."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.test import TestCase, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from app.audit.models import Event
from app.sockets.schemas import KINDS
from tests.permissions.api_table import TABLE
from tests.permissions.table import CONFLICT, HIDDEN, LOGIN, METHOD, OK, REFUSED, Row
from tests.permissions.world import ROLES, World, build_world
from tests.sampling import chosen

NOT_COUNTED = {"sessions.Session", "viewer.ViewSession", "usersessions.UserSession"}
JSON: dict[str, Any] = {
    "one-file": [{"filename": "a.mha", "size": 3}],
    "no-upload": [{"pk": str(UUID(int=0)), "parts": [{"PartNumber": 1, "ETag": '"0"'}]}],
    "numbers": [1],
    "a-design": {"acquisition": "CT"},
    "one-viewport": [{"viewport_name": "main"}],
    "one-viewport-text": '[{"viewport_name": "main"}]',
    "no-settings": {},
    "a-layout": {
        "protocol": None,
        "offered": None,
        "rows": 1,
        "columns": 1,
        "panes": [{"socket": None, "orientation": "stored"}],
    },
    "socket-list": ["medical-image"],
    "overlay-list": ["segmentation"],
    "part": [{"PartNumber": 1, "ETag": '"0"'}],
}
KEYS = {"pk", "case_pk", "user_pk", "multipart_id", "token", "ticket", "number"}
"""Parts of an address that stand for things of the world."""
COMPETING = {"participant", "submission_owner", "challenge_admin", "evaluator"}
WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
OUTCOMES = {401: REFUSED, 403: REFUSED, 404: HIDDEN, 405: METHOD, 409: CONFLICT}


def routes() -> set[str]:
    return {name for name, _ in _named(get_resolver().url_patterns, ())}


def api_methods() -> set[tuple[str, str]]:
    """Every method that a view of the API answers, by the name of its route."""
    named = _named(get_resolver().url_patterns, ())
    return {
        (name, method.upper())
        for name, view in named
        for method in (getattr(view, "actions", None) or _methods(getattr(view, "cls", None)))
        if method not in ("head", "options")
    }


def _methods(view: Any) -> list[str]:
    return [method for method in getattr(view, "http_method_names", ()) if hasattr(view, method)]


def _named(patterns: Any, namespaces: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for found in patterns:
        if isinstance(found, URLPattern):
            name = ":".join((*namespaces, found.name or str(found.pattern)))
            yield name, found.callback
        elif isinstance(found, URLResolver):
            inner = (*namespaces, found.namespace) if found.namespace else namespaces
            yield from _named(found.url_patterns, inner)


def test_every_address_is_in_the_table() -> None:
    assert routes() - {row.route for row in TABLE} == set()


def test_every_action_of_the_api_is_in_the_table() -> None:
    assert api_methods() - {(row.route, row.method) for row in TABLE} == set()
    assert len(api_methods()) > 80, "the walk finds the actions"


def test_every_row_has_an_address() -> None:
    assert {row.route for row in TABLE} - routes() == set()


def test_no_request_stands_twice() -> None:
    requests = [(str(row), tuple(row.query.items())) for row in TABLE]
    assert len(requests) == len(set(requests))


class TestTable(TestCase):
    """One world for all rows: each request is taken back, and so is the world."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.folder = tempfile.mkdtemp(prefix="hounsfield-world-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with override_settings(STORAGE_URL=f"file://{cls.folder}"):
            cls.world = build_world()

    def check(self, row: Row) -> None:
        with override_settings(STORAGE_URL=f"file://{self.folder}"):
            tried = tried_for(row)
            seen = {role: outcome(row, role=role, world=self.world) for role in tried}
        assert seen == {role: row.expected(role) for role in tried}


def tried_for(row: Row) -> list[str]:
    """Return the roles that send the request: in CI all that are near it, and a third of the rest.

    Near are those that may, those of the same thing that may not, and who has no role at all.
    """
    near = {"anonymous", "stranger"}.union(*(family_of(role) for role in row.ok))
    return [role for role in ROLES if role in near or chosen(f"{row} {role}", one_of=3)]


def family_of(role: str) -> set[str]:
    """Return the roles that the same thing gives to people."""
    if role in COMPETING:
        return COMPETING
    return {other for other in ROLES if other.partition("_")[0] == role.partition("_")[0]}


def _test_of(row: Row) -> Callable[[TestTable], None]:
    def test(self: TestTable) -> None:
        self.check(row)

    return test


for number, one in enumerate(TABLE):
    name = re.sub(r"\W+", "_", str(one)).strip("_")
    setattr(TestTable, f"test_{number:03d}_{name}", _test_of(one))


def outcome(row: Row, *, role: str, world: World) -> str:
    """Send the request as ``role`` and take back whatever it did."""
    writes = _Writes()
    with transaction.atomic():
        address = _address(row, role=role, world=world)
        body = _body(row, role=role, world=world)
        with transaction.atomic():
            with connection.execute_wrapper(writes):
                response = _send(row, address, body=body, role=role, world=world)
            after = _fingerprint() if writes.seen and row.method != "GET" else ()
            transaction.set_rollback(True)
        changed = bool(after) and after != _fingerprint()
        transaction.set_rollback(True)
    found = _classify(row, response)
    if row.changes and found == OK:
        assert changed, f"{role} got through and yet nothing changed: is the body valid?"
    if found != OK:
        assert not changed, f"{role} got {found} and yet something changed"
    return found


def _address(row: Row, *, role: str, world: World) -> str:
    path = {
        name: world.value(value, role=role) if name in KEYS else value
        for name, value in row.path.items()
    }
    query = {name: world.value(value, role=role) for name, value in row.query.items()}
    return reverse(row.route, kwargs=path) + (f"?{urlencode(query)}" if query else "")


def _body(row: Row, *, role: str, world: World) -> dict[str, Any]:
    return {
        (world.value(name, role=role) if name == "answer" and not row.json else name): (
            JSON[value]
            if value in JSON
            else _input(world)
            if value == "shared-input"
            else [world.value("own-upload", role=role)]
            if value == "own-uploads"
            else [_new_mark(world)]
            if value == "new-mark"
            else {"annotation": world.value("mark", role=role)}
            if value == "a-mark"
            else {world.value("question", role=role): {"value": "yes"}}
            if value == "an-answer"
            else world.value(value, role=role)
        )
        for name, value in row.body.items()
    }


def _input(world: World) -> list[dict[str, Any]]:
    """The one input of the algorithm: an image that everybody sees."""
    return [{"interface": "medical-image", "image": world.value("shared_image", role="stranger")}]


def _new_mark(world: World) -> dict[str, Any]:
    """A change that draws a distance on the archive's image."""
    return {
        "id": str(UUID(int=1)),
        "annotation": str(UUID(int=2)),
        "image": world.value("archive_image", role="stranger"),
        "kind": "DIST",
        "tool": "length",
        "value": KINDS["DIST"].example,
    }


def _send(row: Row, address: str, *, body: dict[str, Any], role: str, world: World) -> Any:
    client = world.client_of(role)
    if row.json:
        return client.generic(
            row.method, address, json.dumps(body), content_type="application/json"
        )
    if row.method == "POST":
        return client.post(address, body)
    return client.generic(row.method, address)


def _classify(row: Row, response: Any) -> str:
    status = response.status_code
    if status == 302 and urlsplit(response["Location"]).path == reverse("accounts:sign_in"):
        return LOGIN
    if status in row.statuses:
        return OK
    return OUTCOMES.get(status, f"{status}: {response.content[-300:]!r}")


class _Writes:
    """Notices statements that write: without one nothing needs to be counted."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.seen = self.seen or any(table in _counted() for table in WRITES.findall(str(sql)))
        return execute(sql, params, many, context)


def _fingerprint() -> tuple[Any, ...]:
    """What a change would change: the numbers of rows, and of audit events but signing in."""
    with connection.cursor() as cursor:
        cursor.execute(_counting())
        counts = cursor.fetchone()
    events = Event.objects.exclude(name__startswith="accounts.user.").exclude(
        name="viewer.session.opened"
    )
    return (*counts, events.count())


@cache
def _counting() -> str:
    """One statement that counts the rows of every table, for hundreds would take minutes."""
    tables = sorted(_counted() - {"audit_event"})
    return "SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)


@cache
def _counted() -> set[str]:
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in NOT_COUNTED and not model._meta.proxy
    }
