"""Settings of `make dev`: the demo with debug pages and reloading."""

from config.settings.default import *  # noqa: F403

DEBUG = True
WHITENOISE_AUTOREFRESH = True
