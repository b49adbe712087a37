"""All hostile containers, one row each."""

from tests.hostile.doors import DOORS
from tests.hostile.outputs import OUTPUTS
from tests.hostile.resources import RESOURCES
from tests.hostile.rows import Attack

CONTAINERS: tuple[Attack, ...] = RESOURCES + OUTPUTS + DOORS
