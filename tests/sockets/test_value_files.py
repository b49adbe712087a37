"""Files of values, found among very many values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.core.errors import NotFound
from app.core.ids import new_id
from app.sockets.models import Socket, SocketValue
from app.sockets.selectors import served_value_file
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def store_many_values(count: int = 3000) -> None:
    """Store values with files, and let the planner know how many they are."""
    socket = Socket.objects.create(slug="many", title="Many", kind="ZIP", relative_path="many.zip")
    SocketValue.objects.bulk_create(
        SocketValue(socket=socket, file_key=f"values/{new_id()}.zip") for _ in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sockets_socketvalue")


@pytest.mark.parametrize("administrator", [True, False])
def test_a_download_does_not_walk_through_every_value(administrator: bool) -> None:
    store_many_values()
    user = UserFactory(is_superuser=administrator)
    with CaptureQueriesContext(connection) as queries, pytest.raises(NotFound):
        served_value_file(user, new_id())
    (question,) = [query["sql"] for query in queries if "file_key" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {question}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "socket_value_file_key" in plan
