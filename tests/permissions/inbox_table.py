"""Who may do what with the inbox, with preferences and with the portal's mail."""

from tests.permissions.table import (
    ADMINISTRATOR,
    EVERYBODY,
    HIDDEN,
    METHOD,
    SIGNED_IN,
    Row,
    action,
    api,
    page,
    pk,
)

_STRANGER = frozenset({"stranger"})
_TICKET = {"ticket": "ticket"}
_FORGED = {"ticket": "forged_ticket"}

INBOX: list[Row] = [
    *action("notifications:read", _STRANGER, path=pk("notification"), changes=False),
    *action("notifications:delete", _STRANGER, path=pk("notification")),
    *page("notifications:settings", SIGNED_IN),
    Row(
        "notifications:settings",
        "POST",
        SIGNED_IN,
        body={"mail_preference": "DAILY", "access.decided": "inbox"},
        changes=True,
    ),
    *page("notifications:unsubscribe", EVERYBODY, path=_TICKET),
    Row("notifications:unsubscribe", "POST", EVERYBODY, path=_TICKET, changes=True),
    *page("notifications:unsubscribe", frozenset(), path=_FORGED, anonymous=HIDDEN),
    Row("notifications:unsubscribe", "POST", frozenset(), path=_FORGED, anonymous=HIDDEN),
    Row("notifications:unsubscribe", "PUT", frozenset(), _TICKET, anonymous=METHOD, others=METHOD),
    *page("notifications:mail", ADMINISTRATOR),
    *page("notifications:message", ADMINISTRATOR, path=pk("kept_mail")),
    *page("notifications:message_html", ADMINISTRATOR, path=pk("kept_mail")),
    *action(  # Without a mail server it cannot be sent: whoever gets through is told so.
        "notifications:retry",
        ADMINISTRATOR,
        path=pk("kept_mail"),
        changes=False,
        statuses=frozenset({409}),
    ),
    *api("api:subscription-detail", "GET", SIGNED_IN, path=pk("kind_number")),
    *[
        row
        for method in ("PATCH", "PUT")
        for row in api(
            "api:subscription-detail",
            method,
            SIGNED_IN,
            path=pk("kind_number"),
            body={"flag": "inbox"},
            changes=True,
        )
    ],
]
