"""Settings of the benchmarks: the portal's own, with the peers that need to be installed."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "guardian"]
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # it is compared with, not signed in by
