"""When phases take submissions, in pure terms."""

from datetime import UTC, datetime, timedelta

import pytest

from app.challenges.schedule import Status, challenge_status, faults, phase_status

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("opens", "closes", "status"),
    [
        (None, None, Status.DRAFT),
        (NOW + HOUR, None, Status.UPCOMING),
        (NOW, None, Status.OPEN),
        (NOW - HOUR, NOW + HOUR, Status.OPEN),
        (NOW - HOUR, NOW, Status.CLOSED),
        (NOW + HOUR, NOW + 2 * HOUR, Status.UPCOMING),
    ],
)
def test_a_phase(opens: datetime | None, closes: datetime | None, status: Status) -> None:
    assert phase_status(opens, closes, NOW) == status


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        ([], Status.DRAFT),
        ([Status.CLOSED, Status.OPEN, Status.UPCOMING], Status.OPEN),
        ([Status.CLOSED, Status.UPCOMING], Status.UPCOMING),
        ([Status.CLOSED, Status.DRAFT], Status.CLOSED),
    ],
)
def test_a_challenge_follows_its_phases(phases: list[Status], status: Status) -> None:
    assert challenge_status(phases) == status


@pytest.mark.parametrize(
    ("opens", "closes", "freezes", "fields"),
    [
        (NOW, NOW + 3 * HOUR, NOW + HOUR, set()),
        (None, None, None, set()),
        (None, NOW, None, {"opens_at"}),
        (NOW, NOW, None, {"closes_at"}),
        (NOW, None, NOW + HOUR, {"frozen_at"}),
        (NOW, NOW + HOUR, NOW + HOUR, {"frozen_at"}),
        (NOW, NOW + HOUR, NOW, {"frozen_at"}),
    ],
)
def test_times_follow_each_other(
    opens: datetime | None, closes: datetime | None, freezes: datetime | None, fields: set[str]
) -> None:
    assert set(faults(opens, closes, freezes)) == fields
