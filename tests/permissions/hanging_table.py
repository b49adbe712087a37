"""Hanging protocols and viewer configurations: everybody reads, makers change; editors use them."""

from tests.permissions.sockets_table import AUTHORS
from tests.permissions.table import (
    ALGORITHM,
    ALGORITHM_EDITORS,
    ARCHIVE,
    ARCHIVE_EDITORS,
    CHALLENGE,
    CHALLENGE_ADMINS,
    SIGNED_IN,
    STUDY,
    STUDY_EDITORS,
    Row,
    action,
    api,
    form,
    page,
    pk,
)

_PROTOCOL, _CONFIGURATION = pk("protocol"), pk("configuration")
_TITLE = {"title": "New"}
_ITEM = pk("item_session")


def _viewing(kind: str, name: str, ok: frozenset[str], *, looks: frozenset[str]) -> list[Row]:
    """How the cases of an object hang: whoever sees it is told, its editors say."""
    path = {"kind": kind, "pk": name}
    body = {"hanging_protocol": "protocol"}
    return [
        *form("viewer:viewing", ok, path=path, body=body),
        *api("api:viewing", "GET", looks, path=path),
        *api("api:viewing", "PATCH", ok, path=path, body=body, changes=True),
    ]


HANGING: list[Row] = [
    *page("viewer:protocols", SIGNED_IN),
    *page("viewer:protocol", SIGNED_IN, path=_PROTOCOL),
    *form("viewer:create_protocol", AUTHORS, body={**_TITLE, "json": "one-viewport-text"}),
    *form(
        "viewer:edit_protocol",
        AUTHORS,
        path=_PROTOCOL,
        body={**_TITLE, "json": "one-viewport-text"},
    ),
    *action("viewer:delete_protocol", AUTHORS, path=pk("unused_protocol")),
    *page("viewer:configurations", SIGNED_IN),
    *page("viewer:configuration", SIGNED_IN, path=_CONFIGURATION),
    *form("viewer:create_configuration", AUTHORS, body=_TITLE),
    *form("viewer:edit_configuration", AUTHORS, path=_CONFIGURATION, body=_TITLE),
    *action("viewer:delete_configuration", AUTHORS, path=_CONFIGURATION),
    *form("viewer:preferences", SIGNED_IN, body={"default_orientation": "C"}),
    *_viewing("archive", "archive", ARCHIVE_EDITORS, looks=ARCHIVE),
    *_viewing("reader-study", "study", STUDY_EDITORS, looks=STUDY),
    *_viewing("algorithm", "algorithm", ALGORITHM_EDITORS, looks=ALGORITHM),
    *_viewing("phase", "phase", CHALLENGE_ADMINS, looks=CHALLENGE),
    *api("api:hanging-protocol-list", "GET", SIGNED_IN),
    *api("api:hanging-protocol-json-schema", "GET", SIGNED_IN),
    *api(
        "api:hanging-protocol-list",
        "POST",
        AUTHORS,
        body={**_TITLE, "json": "one-viewport"},
        changes=True,
    ),
    *api("api:hanging-protocol-detail", "GET", SIGNED_IN, path=_PROTOCOL),
    *api(
        "api:hanging-protocol-detail", "PATCH", AUTHORS, path=_PROTOCOL, body=_TITLE, changes=True
    ),
    *api(
        "api:hanging-protocol-detail",
        "DELETE",
        AUTHORS,
        path=pk("unused_protocol"),
        changes=True,
    ),
    *api("api:view-config-list", "GET", SIGNED_IN),
    *api(
        "api:view-config-list",
        "POST",
        AUTHORS,
        body={**_TITLE, "settings": "no-settings"},
        changes=True,
    ),
    *api("api:view-config-detail", "GET", SIGNED_IN, path=_CONFIGURATION),
    *api(
        "api:view-config-detail", "PATCH", AUTHORS, path=_CONFIGURATION, body=_TITLE, changes=True
    ),
    *api("api:view-config-detail", "DELETE", AUTHORS, path=_CONFIGURATION, changes=True),
    *api("api:viewer-preferences", "GET", SIGNED_IN),
    *api(
        "api:viewer-preferences",
        "PUT",
        SIGNED_IN,
        body={"settings": "no-settings"},
        changes=True,
    ),
    *api(
        "api:view-session-layout",
        "PUT",
        frozenset({"archive_user"}),
        path=_ITEM,
        body={"layout": "a-layout"},
        changes=True,
    ),
    *api("api:view-session-layout", "DELETE", frozenset({"archive_user"}), path=_ITEM),
]
