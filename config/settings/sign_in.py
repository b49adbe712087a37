"""How people sign up and in: django-allauth's settings, from the portal's environment."""

from typing import Any
from urllib.parse import urlsplit

from config.settings.environment import Environment

APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.orcid",
    "allauth.usersessions",
]
RESERVED_NAMES = (
    *("about", "account", "accounts", "admin", "administrator", "anonymous", "api", "everybody"),
    *("help", "hounsfield", "me", "moderator", "new", "nobody", "none", "null", "postmaster"),
    *("root", "security", "self", "settings", "staff", "support", "system", "undefined", "user"),
)
ORCID = "https://orcid.org"


def account_settings(env: Environment) -> dict[str, Any]:
    """Return the settings by their names."""
    return {
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "SIGN_UP_OPEN": env.sign_up == "open",
        "ACCOUNT_ADAPTER": "app.accounts.adapters.AccountAdapter",
        "ACCOUNT_FORMS": {
            "login": "app.accounts.forms.SignInForm",
            "signup": "app.accounts.forms.SignUpForm",
        },
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*", "password2*"],
        "ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD": "telephone",
        "ACCOUNT_USERNAME_MIN_LENGTH": 3,
        "ACCOUNT_USERNAME_BLACKLIST": list(RESERVED_NAMES),
        "ACCOUNT_USERNAME_VALIDATORS": "app.accounts.names.VALIDATORS",
        "ACCOUNT_EMAIL_MAX_LENGTH": 254,
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "[Hounsfield] ",
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": True,
        "ACCOUNT_MAX_EMAIL_ADDRESSES": 5,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 600,
        "ACCOUNT_REAUTHENTICATION_METHODS": ["password", "mfa"],
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_LOGOUT_REDIRECT_URL": "/",
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": urlsplit(env.address).scheme,
        "USERSESSIONS_TRACK_ACTIVITY": True,
        "MFA_ADAPTER": "app.accounts.adapters.SecondFactorAdapter",
        "MFA_FORMS": {
            "add_webauthn": "app.accounts.forms.AddPasskeyForm",
            "authenticate": "app.accounts.forms.SecondFactorForm",
            "reauthenticate": "app.accounts.forms.ConfirmWithCodeForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Hounsfield",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": env.address.startswith("http://"),
        "SOCIALACCOUNT_ADAPTER": "app.accounts.adapters.SingleSignOnAdapter",
        "SOCIALACCOUNT_FORMS": {"signup": "app.accounts.forms.SignUpElsewhereForm"},
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_PROVIDERS": _providers(env),
        "SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX": "oidc",
    }


def sign_on_origins(env: Environment) -> list[str]:
    """Return where a form of ours may lead when somebody signs in elsewhere."""
    found = [str(provider["server_url"]) for provider in env.oidc_providers]
    found += [ORCID] if env.orcid_client_id else []
    parts = [urlsplit(address) for address in found]
    return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def _providers(env: Environment) -> dict[str, Any]:
    apps = [
        {
            "provider_id": provider["id"],
            "name": provider["name"],
            "client_id": provider["client_id"],
            "secret": provider["client_secret"],
            "settings": {"server_url": provider["server_url"]},
        }
        for provider in env.oidc_providers
    ]
    found: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}
    orcid = {"client_id": env.orcid_client_id, "secret": env.orcid_client_secret}
    found["orcid"] = {"BASE_DOMAIN": "orcid.org", "APPS": [orcid] if env.orcid_client_id else []}
    return found
