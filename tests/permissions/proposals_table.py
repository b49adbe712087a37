"""Who may propose a challenge, see proposals and decide on them."""

from tests.permissions.table import ADMINISTRATOR, SIGNED_IN, action, form, page, pk, roles

_ASKER = frozenset({"asker"})
_BODY = {
    "title": "Nodules",
    "task": "Find them.",
    "purpose": "They are missed.",
    "submissions": "9",
    "data": "CT.",
    "compute": "One GPU.",
}
TABLE = [
    *page("challenges:proposals", SIGNED_IN),
    *form("challenges:propose", SIGNED_IN, body=_BODY),
    *page("challenges:proposal", roles("asker"), path=pk("proposal")),
    *action(
        "challenges:accept_proposal", ADMINISTRATOR, path=pk("proposal"), body={"title": "New"}
    ),
    *action(
        "challenges:decline_proposal", ADMINISTRATOR, path=pk("proposal"), body={"reason": "No."}
    ),
    *action("challenges:withdraw_proposal", _ASKER, path=pk("proposal")),
]
