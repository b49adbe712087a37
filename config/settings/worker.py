"""Settings of a job worker: it has an engine, a broker, and the portal's address with a token.

There is no database and no storage here, so that nothing of this process can reach them, whatever
a container may make it do. `app.execution.gateway` is its way to the portal.
"""

import secrets

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV

_MISSING = [
    name.upper() for name in ("site_url", "broker_url", "worker_token") if not getattr(ENV, name)
]
if _MISSING:
    raise ImproperlyConfigured(f"A worker needs {', '.join(_MISSING)}; see docs/workers.md.")
_TOO_MUCH = [
    name.upper()
    for name in ("secret_key", "database_url", "storage_url", "delivery_private_key_file")
    if getattr(ENV, name)
]
if _TOO_MUCH:
    raise ImproperlyConfigured(
        f"A worker must not know {', '.join(_TOO_MUCH)}: take them out of its environment."
    )

IS_WORKER = True
SECRET_KEY = secrets.token_urlsafe(64)  # nothing is signed here; Django wants one
DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
STORAGE_URL = "file:///nonexistent"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
