"""Events in words for people."""

import pytest

from app.audit.models import Event
from app.audit.telling import told
from app.core.states import transition
from tests.factories.algorithms import make_job

pytestmark = pytest.mark.django_db


def test_states_are_told_in_the_words_of_their_badges() -> None:
    transition(make_job(state="QUEUED"), "CANCELLED")
    (event,) = Event.objects.filter(name="execution.job.state_changed")
    (shown,) = told([event])
    assert "waiting" in shown.sentence
    assert "QUEUED" not in shown.sentence
    assert [(one.before, one.after) for one in shown.changes] == [("waiting", "cancelled")]
