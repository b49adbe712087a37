"""All hostile containers, one row each: those that end, and those that stay up."""

from tests.hostile.doors import DOORS
from tests.hostile.outputs import OUTPUTS
from tests.hostile.resources import RESOURCES
from tests.hostile.rows import Attack
from tests.hostile.served import SERVED, ServedAttack

CONTAINERS: tuple[Attack, ...] = RESOURCES + OUTPUTS + DOORS
SERVING: tuple[ServedAttack, ...] = SERVED
