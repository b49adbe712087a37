"""Settings of a real deployment: refuses to start half configured."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV

_MISSING = [
    name.upper()
    for name in ("site_url", "secret_key", "database_url", "broker_url", "storage_url")
    if not getattr(ENV, name)
]
if ENV.broker_url.startswith("sqs") and not ENV.channel_layer_url:
    _MISSING.append("CHANNEL_LAYER_URL")
if _MISSING:
    raise ImproperlyConfigured(f"Set {', '.join(_MISSING)}; see docs/configuration.md.")
if len(ENV.secret_key) < 50 or ENV.secret_key.startswith("insecure"):
    raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters of your own.")
if ENV.debug:
    raise ImproperlyConfigured("DEBUG must be off in production.")

DEMO = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.address.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
