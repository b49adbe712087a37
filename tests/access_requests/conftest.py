"""People who ask, and threads that meet."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from app.accounts.models import User

Race = Callable[..., list[Any]]


@pytest.fixture
def verified(stranger: User) -> User:
    User.objects.filter(pk=stranger.pk).update(verified_at=timezone.now())
    stranger.refresh_from_db()
    return stranger


@pytest.fixture
def race() -> Race:
    """``race(one, two)``: run functions at the same moment; return what each gave or raised."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        start, outcomes = Barrier(len(functions)), [None] * len(functions)

        def go(number: int) -> None:
            try:
                start.wait(timeout=30)
                outcomes[number] = functions[number]()
            except Exception as error:
                outcomes[number] = error
            finally:
                connection.close()

        threads = [Thread(target=go, args=(number,)) for number in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return outcomes

    return run
