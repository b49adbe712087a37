"""Who may ask for access, see requests and decide them."""

from tests.permissions.table import (
    ADMINISTRATOR,
    ALGORITHM,
    ARCHIVE,
    CHALLENGE,
    SIGNED_IN,
    STUDY,
    Row,
    action,
    api,
    form,
    page,
    pk,
    roles,
)

_ASKER = frozenset({"asker"})
_DECIDES = {
    "archive": roles("archive_editor"),
    "reader-study": roles("study_editor"),
    "algorithm": roles("algorithm_editor"),
    "challenge": roles("challenge_admin"),
}
_NAMES = {"archive": "archive", "reader-study": "study"}


def _of(key: str) -> dict[str, str]:
    return {"key": key, "pk": f"{_NAMES.get(key, key)}_request"}


PAGES = [
    *page("requests:discover", SIGNED_IN),
    *page("requests:list", SIGNED_IN),
    *page("requests:list", SIGNED_IN, query={"show": "mine"}),
    *form(
        "requests:card",
        SIGNED_IN,
        path={"key": "archive", "pk": "listed"},
        body={"role": "USER", "message": "Please"},
    ),
    # Not listed: only who sees the object anyway finds its card.
    *page("requests:card", ARCHIVE, path={"key": "archive", "pk": "archive"}),
    *page("requests:card", STUDY, path={"key": "reader-study", "pk": "study"}),
    *page("requests:card", ALGORITHM, path={"key": "algorithm", "pk": "algorithm"}),
    *page("requests:card", CHALLENGE, path={"key": "challenge", "pk": "challenge"}),
    *page("requests:card", SIGNED_IN, path={"key": "challenge", "pk": "open_challenge"}),
    # Listed or not, the contents stay closed.
    *page("archives:detail", ADMINISTRATOR, path=pk("listed")),
    *action(
        "requests:accept_several",
        _DECIDES["archive"],
        body={"requests": "chosen_request"},
    ),
]

for _key, _ok in _DECIDES.items():
    PAGES += [
        *page("requests:detail", _ok | _ASKER, path=_of(_key)),
        *action("requests:accept", _ok, path=_of(_key)),
        *action("requests:reject", _ok, path=_of(_key), body={"reason": "No."}),
        *action("requests:withdraw", _ASKER, path=_of(_key)),
    ]

_ARCHIVE = _DECIDES["archive"]
API: list[Row] = [
    *api("api:access-request-list", "GET", SIGNED_IN),
    *api(
        "api:access-request-list",
        "POST",
        SIGNED_IN,
        body={"kind": "reader-study", "target": "listed_study"},
        changes=True,
    ),
    *api("api:access-request-detail", "GET", _ARCHIVE | _ASKER, path=pk("archive_request")),
    *api(
        "api:access-request-accept",
        "POST",
        _ARCHIVE,
        path=pk("archive_request"),
        changes=True,
    ),
    *api(
        "api:access-request-reject",
        "POST",
        _ARCHIVE,
        path=pk("archive_request"),
        body={"reason": "No."},
        changes=True,
    ),
    *api(
        "api:access-request-withdraw",
        "POST",
        _ASKER,
        path=pk("archive_request"),
        changes=True,
    ),
]

TABLE = [*PAGES, *API]
