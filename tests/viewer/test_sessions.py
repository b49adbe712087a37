"""View sessions: one live one per reader and display set, ended by lease or by lost access."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import NotFound
from app.core.ids import new_id
from app.images.models import Image
from tests.viewer.conftest import OverlaySource
from viewer.errors import ViewSessionEnded
from viewer.models import ViewSession
from viewer.registry import Layer
from viewer.services import (
    check_session,
    end_expired_sessions,
    fail_session,
    open_session,
    run_session,
    stop_session,
)

State = ViewSession.State
pytestmark = pytest.mark.django_db


def opened(user: User, image: Image) -> ViewSession:
    return open_session(user=user, source="image", pk=image.pk)[0]


def expire(session: ViewSession) -> None:
    past = timezone.now() - timedelta(seconds=1)
    ViewSession.objects.filter(pk=session.pk).update(expires_at=past)


def test_opening_makes_one_session_and_says_so(reader: User, image: Image) -> None:
    session, view = open_session(user=reader, source="image", pk=image.pk)
    assert (session.state, session.is_live) == (State.STARTING, True)
    assert [layer.image_id for layer in view.layers] == [image.pk]
    event = Event.objects.get(name="viewer.session.opened")
    assert (event.actor_id, event.data["object"]) == (reader.pk, str(image.pk))


def test_opening_again_renews_the_lease(reader: User, image: Image) -> None:
    first = opened(reader, image)
    soon = timezone.now() + timedelta(minutes=1)
    ViewSession.objects.filter(pk=first.pk).update(expires_at=soon)
    again = opened(reader, image)
    assert again.pk == first.pk
    assert again.expires_at > soon
    assert ViewSession.objects.count() == 1


@pytest.mark.parametrize("end", ["stop", "fail", "expire"])
def test_an_ended_session_is_not_used_again(reader: User, image: Image, end: str) -> None:
    first = opened(reader, image)
    if end == "stop":
        stop_session(first, reason="Done.")
    elif end == "fail":
        fail_session(first, message="Broken.")
    else:
        expire(first)
    assert opened(reader, image).pk != first.pk
    first.refresh_from_db()
    assert first.state == (State.FAILED if end == "fail" else State.STOPPED)


@pytest.mark.parametrize("source", ["image", "unknown", ""])
def test_nothing_opens_for_a_stranger(stranger: User, image: Image, source: str) -> None:
    with pytest.raises(NotFound):
        open_session(user=stranger, source=source, pk=image.pk)
    assert not ViewSession.objects.exists()


def test_missing_and_forbidden_look_alike(reader: User, stranger: User, image: Image) -> None:
    messages = []
    for user, pk in ((stranger, image.pk), (reader, new_id())):
        with pytest.raises(NotFound) as caught:
            open_session(user=user, source="image", pk=pk)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_running_twice_is_fine_and_stopped_stays_stopped(reader: User, image: Image) -> None:
    session = opened(reader, image)
    run_session(session)
    run_session(session)
    assert session.state == State.RUNNING
    stop_session(session, reason="Done.")
    stop_session(session, reason="Again.")
    fail_session(session, message="Too late.")
    run_session(session)
    assert (session.state, session.message) == (State.STOPPED, "Done.")


def test_an_active_reader_keeps_the_lease(reader: User, image: Image) -> None:
    session = opened(reader, image)
    soon = timezone.now() + timedelta(minutes=1)
    ViewSession.objects.filter(pk=session.pk).update(expires_at=soon)
    check_session(session.pk, user=reader, active=False)
    session.refresh_from_db()
    assert session.expires_at == soon
    check_session(session.pk, user=reader, active=True)
    session.refresh_from_db()
    assert session.expires_at > soon


def test_lost_access_ends_the_session(
    reader: User, image: Image, overlay_source: OverlaySource
) -> None:
    overlay_source.sets[image.pk] = (Layer(image.pk, "Thorax"),)
    overlay_source.readers.add(reader.pk)
    session, _ = open_session(user=reader, source=overlay_source.key, pk=image.pk)
    check_session(session.pk, user=reader, active=True)
    overlay_source.readers.clear()
    with pytest.raises(ViewSessionEnded, match="withdrawn"):
        check_session(session.pk, user=reader, active=True)
    session.refresh_from_db()
    assert session.state == State.STOPPED


def test_a_deactivated_user_loses_the_session(reader: User, image: Image) -> None:
    session = opened(reader, image)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    with pytest.raises(ViewSessionEnded):
        check_session(session.pk, user=reader, active=True)


@pytest.mark.parametrize("case", ["expired", "another's", "unknown"])
def test_what_is_not_a_live_session_of_the_user(
    reader: User, stranger: User, image: Image, case: str
) -> None:
    session = opened(reader, image)
    pk: UUID = session.pk
    if case == "expired":
        expire(session)
    if case == "unknown":
        pk = new_id()
    user = stranger if case == "another's" else reader
    with pytest.raises(ViewSessionEnded):
        check_session(pk, user=user, active=True)


def test_expired_sessions_are_stopped(reader: User, stranger: User, image: Image) -> None:
    session = opened(reader, image)
    assert end_expired_sessions() == 0
    expire(session)
    assert end_expired_sessions() == 1
    session.refresh_from_db()
    assert session.state == State.STOPPED


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(State))
def test_every_pair_of_states(before: State, after: State) -> None:
    allowed = {
        (State.STARTING, State.RUNNING),
        (State.STARTING, State.STOPPED),
        (State.STARTING, State.FAILED),
        (State.RUNNING, State.STOPPED),
        (State.RUNNING, State.FAILED),
    }
    assert ViewSession.MACHINE.allows(before, after) == ((before, after) in allowed)
