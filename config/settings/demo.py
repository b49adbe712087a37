"""Settings of `make demo`: the real thing in small, on one machine, for trying out."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV, JOB_MEMORY_BYTES
from config.settings.personas import PERSONAS

DEMO = True
# One machine runs it all: what a job gets by default has to fit there.
JOB_MEMORY_BYTES = min(JOB_MEMORY_BYTES, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
DEMO_PERSONAS = [{**persona, "password": ENV.demo_password} for persona in PERSONAS]
if ENV.host in {"0.0.0.0", "::"}:  # noqa: S104 -- opened to the network on purpose
    ALLOWED_HOSTS = ["*"]
