"""View sessions are their reader's own, and viewer servers are no person at all."""

from tests.permissions.table import ARCHIVE, REFUSED, SIGNED_IN, Row, action, api, page, pk

_NOBODY: frozenset[str] = frozenset()
_OWNER = frozenset({"stranger"})


def _servers_only(route: str, method: str = "POST") -> list[Row]:
    return api(f"api:viewer-{route}", method, _NOBODY, others=REFUSED)


VIEWER = [
    *page("viewer:sessions", SIGNED_IN),
    *action("viewer:stop", _OWNER, path=pk("view_session")),
    *api("api:view-session-list", "GET", SIGNED_IN),
    *api(
        "api:view-session-list",
        "POST",
        ARCHIVE,
        body={"source": "image", "object": "archive_image"},
    ),
    *api("api:view-session-detail", "GET", _OWNER, path=pk("view_session")),
    *api("api:view-session-detail", "DELETE", _OWNER, path=pk("view_session"), changes=True),
    *api("api:view-session-keep-alive", "PATCH", _OWNER, path=pk("view_session")),
    *api("api:view-session-address", "POST", _OWNER, path=pk("view_session")),
    *_servers_only("beat"),
    *_servers_only("beat", "GET"),
    *_servers_only("knock"),
    *_servers_only("packs"),
    *_servers_only("discard"),
    *_servers_only("begin"),
    *_servers_only("keep"),
]
