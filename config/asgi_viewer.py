"""ASGI: a viewer server of its own, beside the site or far from it.

With the site's settings and `VIEWER_SERVER_NAME` it shares the database and the storage; with
`config.settings.viewer`, the default, it has a token and nothing else.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.viewer")
os.environ.setdefault("DATABASE_POOL", "8")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from app.core.garbage import settle_in  # noqa: E402
from viewer.servers import configured_servers  # noqa: E402
from viewer.serving import ViewerServerApplication  # noqa: E402

if not settings.VIEWER_IS_REMOTE and settings.VIEWER_SERVER_NAME not in configured_servers():
    raise ImproperlyConfigured(
        "VIEWER_SERVER_NAME has to be the name of one of VIEWER_SERVERS; see docs/operations.md."
    )

application = ViewerServerApplication()
settle_in()
