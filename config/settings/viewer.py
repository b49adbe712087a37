"""Settings of a viewer server without keys: it has the site's address and a token of its own.

There is no database and no storage here, and nothing that signs: whoever takes such a server over
sees what its readers look at, and no more. `viewer.gateway` is its way to the site.
"""

import secrets

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV

_MISSING = [name.upper() for name in ("site_url", "viewer_server_token") if not getattr(ENV, name)]
if _MISSING:
    raise ImproperlyConfigured(
        f"A viewer server needs {', '.join(_MISSING)}; see docs/operations.md."
    )
_TOO_MUCH = [
    name.upper()
    for name in (
        "secret_key",
        "database_url",
        "storage_url",
        "broker_url",
        "delivery_private_key_file",
        "worker_token",
        "viewer_servers",
    )
    if getattr(ENV, name)
]
if _TOO_MUCH:
    raise ImproperlyConfigured(
        f"A viewer server with a token must not know {', '.join(_TOO_MUCH)}: take them out of its "
        "environment. One that shares the site's database runs with the site's own settings."
    )

VIEWER_IS_REMOTE = True
SECRET_KEY = secrets.token_urlsafe(64)  # nothing is signed here; Django wants one
DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
STORAGE_URL = "file:///nonexistent"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
