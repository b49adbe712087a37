"""Fixtures of the execution tests."""

from collections.abc import Iterator

import pytest

from tests.factories.execution import job_kind


@pytest.fixture
def finished(db: None) -> Iterator[list[tuple[str, str]]]:
    """The registered kind of the jobs that tests make, and the completions it was told of."""
    with job_kind() as completions:
        yield completions
