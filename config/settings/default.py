"""Settings of the embedded default, used by `manage.py` and the demo's processes.

Joins a running demo through its state folder when the environment names no database.
"""

import os

from config.local.attach import attach

attach(os.environ)

from config.settings.demo import *  # noqa: E402, F403
