"""Who may do what about signing up and in, and the security of the own account."""

from tests.permissions.table import EVERYBODY, HIDDEN, LOGIN, REFUSED, SIGNED_IN, Row, page

_WAY = frozenset({200, 302})
_NAMES = {"provider_id": "nobody"}

ENTRY = [
    *[
        page(name, EVERYBODY, statuses=_WAY)[0]
        for name in (
            "account_login",
            "account_signup",
            "account_email_verification_sent",
            "account_inactive",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key_done",
            "socialaccount_login_cancelled",
        )
    ],
    # Half-way pages: whoever is not on that way is sent to its beginning.
    *page("socialaccount_signup", frozenset(), others=LOGIN),
    *[
        page(name, SIGNED_IN, statuses=_WAY)[0]
        for name in ("mfa_authenticate", "mfa_login_webauthn")
    ],
    *page("socialaccount_login_error", frozenset(), anonymous=REFUSED, others=REFUSED),
    Row("account_logout", "POST", EVERYBODY),
    *page("account_confirm_email", EVERYBODY, path={"key": "nothing"}),
    *page(
        "account_reset_password_from_key",
        EVERYBODY,
        path={"uidb36": "1", "key": "set-password"},
        statuses=_WAY,
    ),
    *[
        page(name, frozenset(), path=_NAMES, anonymous=HIDDEN)[0]
        for name in ("openid_connect_login", "openid_connect_callback")
    ],
    *[page(name, frozenset(), anonymous=HIDDEN)[0] for name in ("orcid_login", "orcid_callback")],
]
SECURITY = [
    *page("accounts:security", SIGNED_IN),
    *[
        page(name, SIGNED_IN, statuses=_WAY)[0]
        for name in (
            "account_email",
            "account_change_password",
            "account_set_password",
            "account_reauthenticate",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "usersessions_list",
            "mfa_activate_totp",
            "mfa_generate_recovery_codes",
            "mfa_list_webauthn",
            "mfa_add_webauthn",
            "socialaccount_connections",
        )
    ],
    *page("mfa_index", EVERYBODY),
    *[
        page(name, frozenset())[0]
        for name in (
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_download_recovery_codes",
        )
    ],
    *page("mfa_remove_webauthn", frozenset(), path={"pk": "stranger"}),
    *page("mfa_edit_webauthn", frozenset(), path={"pk": "stranger"}),
]
SIGN_IN = [*ENTRY, *SECURITY]
