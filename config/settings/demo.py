"""Settings of `make demo`: the real thing in small, on one machine, for trying out."""

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV
from config.settings.personas import PERSONAS

DEMO = True
DEMO_PERSONAS = [{**persona, "password": ENV.demo_password} for persona in PERSONAS]
