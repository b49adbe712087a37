"""Who may read the reference of the API: everybody."""

from tests.permissions.table import EVERYBODY, page

REFERENCE = [
    *page("api:reference", EVERYBODY),
    *page("api:operation", EVERYBODY, path={"key": "archives_list"}),
    *page("api:try", EVERYBODY, path={"key": "archives_list"}),
]
