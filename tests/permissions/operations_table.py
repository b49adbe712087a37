"""Who looks after the portal's machines: its staff."""

from tests.permissions.table import ADMINISTRATOR, action, page

OPERATIONS = [
    *page("web:operations", ADMINISTRATOR),
    *action("web:drain", ADMINISTRATOR, body={"worker": "worker", "draining": "1"}),
]
