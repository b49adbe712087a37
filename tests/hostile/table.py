"""All hostile containers, one row each."""

from tests.hostile.resources import RESOURCES
from tests.hostile.rows import Attack

CONTAINERS: tuple[Attack, ...] = RESOURCES
