"""Files of values, found among very many values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.core.errors import NotFound
from app.core.ids import new_id
from app.sockets.selectors import served_value_file
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("administrator", [True, False])
def test_a_download_does_not_walk_through_every_value(administrator: bool) -> None:
    user = UserFactory(is_superuser=administrator)
    with CaptureQueriesContext(connection) as queries, pytest.raises(NotFound):
        served_value_file(user, new_id())
    (question,) = [query["sql"] for query in queries if "file_key" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {question}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "socket_value_file_key" in plan
