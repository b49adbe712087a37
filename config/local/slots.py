"""State folders for test runs: as many runs at once as one likes, each with servers of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from config.local import home as state
from config.local.errors import HomeInUse
from config.local.lock import exclusive

TEST_HOMES = state.REPOSITORY / ".hounsfield-test"


@contextmanager
def free_home(parent: Path = TEST_HOMES) -> Iterator[Path]:
    """Hold the first state folder below `parent` that no other run holds.

    Folders are used again, so that a run finds a database folder that is made already, and stops
    what a run that was killed before it left behind.
    """
    with ExitStack() as stack:
        for number in count(1):
            home = state.prepare(parent / str(number))
            try:
                stack.enter_context(exclusive(home))
            except HomeInUse:
                continue
            yield home
            return
