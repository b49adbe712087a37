"""How many connections to PostgreSQL a process keeps."""

from config.settings.database import database

URL = "postgresql://portal:secret@db.example:6432/portal?sslmode=require"


def test_a_process_that_serves_requests_keeps_a_bounded_number_of_connections() -> None:
    options = database(URL, pool=16)["OPTIONS"]
    assert options["pool"]["max_size"] == 16
    assert options["sslmode"] == "require", "what the address says still holds"


def test_a_worker_keeps_none_over_a_fork() -> None:
    found = database(URL, pool=0)
    assert "pool" not in found.get("OPTIONS", {})
    assert found["CONN_MAX_AGE"] == 0
