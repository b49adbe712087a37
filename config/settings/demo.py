"""Settings of `make demo`: the real thing in small, on one machine, for trying out."""

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV
from config.settings.personas import PERSONAS

DEMO = True
DEMO_PERSONAS = [{**persona, "password": ENV.demo_password} for persona in PERSONAS]
if ENV.host in {"0.0.0.0", "::"}:  # noqa: S104 -- opened to the network on purpose
    ALLOWED_HOSTS = ["*"]
