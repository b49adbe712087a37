"""Maskings run once, come to an end, and hold their image meanwhile."""

from typing import Any

import pytest

from app.accounts.models import User
from app.core.errors import TransitionNotAllowed
from app.core.storage import get_store
from app.images.models import Image, ImageFile, Quarantine
from app.images.services import accept_images, mask_image, send_due_maskings, start_masking
from tests.factories.archives import make_archive
from tests.factories.quarantine import make_quarantined

State = Quarantine.State
Commits = Any


@pytest.fixture
def editor(user: User) -> User:
    return user


@pytest.fixture
def waiting(editor: User) -> Quarantine:
    return make_quarantined(make_archive(editor=editor))


def test_a_masking_runs_once(editor: User, waiting: Quarantine) -> None:
    start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
    mask_image(waiting.pk)
    keys = set(ImageFile.objects.values_list("key", flat=True))
    mask_image(waiting.pk)
    assert set(ImageFile.objects.values_list("key", flat=True)) == keys


def test_lost_bytes_end_the_masking_with_a_reason(editor: User, waiting: Quarantine) -> None:
    start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
    file = ImageFile.objects.get(kind="MHA")
    get_store().delete(file.key)
    mask_image(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == State.WAITING
    assert waiting.problem
    assert waiting.rectangles == []


def test_a_masking_that_the_broker_forgot_is_sent_again(
    editor: User, waiting: Quarantine, django_capture_on_commit_callbacks: Commits
) -> None:
    start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
    old = waiting.created.replace(year=2020)
    Quarantine.objects.filter(pk=waiting.pk).update(modified=old)
    with django_capture_on_commit_callbacks() as sent:
        send_due_maskings()
    assert len(sent) == 1
    Quarantine.objects.filter(pk=waiting.pk).update(lease_expires_at=old, attempts=3)
    send_due_maskings()
    waiting.refresh_from_db()
    assert (waiting.state, bool(waiting.problem)) == (State.WAITING, True)


def test_what_is_being_masked_is_not_accepted(editor: User, waiting: Quarantine) -> None:
    start_masking(actor=editor, quarantine=waiting, rectangles=[(0, 0, 2, 2)])
    with pytest.raises(TransitionNotAllowed):
        accept_images(actor=editor, chosen=[waiting])
    assert not Image.objects.exists()
