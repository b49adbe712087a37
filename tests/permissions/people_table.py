"""Who may do what with profiles, verifications, organizations and personal data."""

from tests.permissions.table import (
    ADMINISTRATOR,
    HIDDEN,
    SIGNED_IN,
    Row,
    action,
    api,
    form,
    page,
    people,
    pk,
    roles,
)

_STRANGER = frozenset({"stranger"})
_EDITORS = roles("organization_editor")
_REASON = {"reason": "Name your department."}


def _file(kind: str, name: str, ok: frozenset[str]) -> list[Row]:
    path = {"kind": kind, "pk": name, "filename": "file"}
    return page("delivery:file", ok, path=path, anonymous=HIDDEN)


PROFILES = [
    *page("people:person", SIGNED_IN, path={"username": "stranger"}),
    *page("people:picture", SIGNED_IN),
    Row("people:picture", "POST", SIGNED_IN),
    *action("people:clear_picture", SIGNED_IN, changes=False),
    *_file("pictures", "picture", SIGNED_IN),
]

_CONFIRM = {"token": "confirmation"}
VERIFICATIONS = [
    *page("people:verification", SIGNED_IN),
    Row("people:verification", "POST", SIGNED_IN, body={"email": "a@hospital.example"}),
    *action("people:withdraw_verification", _STRANGER, path=pk("verification")),
    *form("people:confirm_verification", _STRANGER, path=_CONFIRM, body={}),
    *page("people:review_list", ADMINISTRATOR),
    *page("people:review", ADMINISTRATOR, path=pk("pending_verification")),
    *action("people:accept_verification", ADMINISTRATOR, path=pk("pending_verification")),
    *action(
        "people:reject_verification",
        ADMINISTRATOR,
        path=pk("pending_verification"),
        body=_REASON,
    ),
    *action(
        "people:revoke_verification",
        ADMINISTRATOR,
        path=pk("accepted_verification"),
        body=_REASON,
    ),
]

DATA = [
    *page("people:data", SIGNED_IN),
    *action("people:start_export", SIGNED_IN),
    *action("people:delete_account", SIGNED_IN, body={"confirm": "no"}, changes=False),
    *action("people:keep_account", _STRANGER),
    *_file("personal-data", "export", _STRANGER),
]

ORGANIZATIONS = [
    *page("people:organizations", SIGNED_IN),
    *form("people:create_organization", ADMINISTRATOR, body={"title": "New one"}),
    *page("people:organization", SIGNED_IN, path=pk("organization")),
    *form(
        "people:edit_organization",
        _EDITORS,
        path=pk("organization"),
        body={"title": "New name"},
    ),
    *page("people:organization_people", _EDITORS, path=pk("organization")),
    *action("people:delete_organization", ADMINISTRATOR, path=pk("organization")),
    *people("organization", "organization", _EDITORS, role="MEMBER", member="organization_person"),
    *api("api:organization-list", "GET", SIGNED_IN),
    *api("api:organization-list", "POST", ADMINISTRATOR, body={"title": "New one"}, changes=True),
    *api("api:organization-detail", "GET", SIGNED_IN, path=pk("organization")),
    *api(
        "api:organization-detail",
        "PATCH",
        _EDITORS,
        path=pk("organization"),
        body={"title": "New name"},
        changes=True,
    ),
]

PEOPLE: list[Row] = [*PROFILES, *VERIFICATIONS, *DATA, *ORGANIZATIONS]
