"""Secrets and files that the tests of de-identification share."""

from __future__ import annotations

from tests.data import DATA

SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(1, 33))

collect_ignore = [] if DATA is not None else ["test_samples.py"]
