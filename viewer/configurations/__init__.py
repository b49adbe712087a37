"""How the viewer behaves, as data: what can be set, what is usual, and whose word counts."""

from viewer.configurations.checks import check_settings, clean_settings
from viewer.configurations.defaults import DEFAULTS, combined
from viewer.configurations.schema import LINKS, SETTINGS_SCHEMA, SHOWN

__all__ = [
    "DEFAULTS",
    "LINKS",
    "SETTINGS_SCHEMA",
    "SHOWN",
    "check_settings",
    "clean_settings",
    "combined",
]
