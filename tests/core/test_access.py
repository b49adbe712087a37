"""The access door: missing, malformed and forbidden look the same."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.core.ids import new_id
from archives.policies import ARCHIVES
from tests.factories.archives import make_archive


def test_owner_passes(user: User) -> None:
    archive = make_archive(editor=user)
    assert fetch(ARCHIVES, user=user, pk=archive.pk, action="manage") == archive
    assert fetch(ARCHIVES, user=user, pk=str(archive.pk)) == archive


@pytest.mark.parametrize("key", ["", "x", "1", 7, "\x00", "../etc", "a" * 5000, "None", 10**30])
def test_malformed_keys_are_missing(user: User, key: Any) -> None:
    with pytest.raises(NotFound):
        fetch(ARCHIVES, user=user, pk=key)


def test_missing_and_forbidden_read_the_same(user: User, stranger: User) -> None:
    archive = make_archive(editor=user)
    errors = []
    for pk in (archive.pk, new_id()):
        with pytest.raises(NotFound) as raised:
            fetch(ARCHIVES, user=stranger, pk=pk)
        errors.append(raised.value.as_problem())
    assert errors[0] == errors[1]


def test_seeing_is_not_doing(user: User, stranger: User) -> None:
    archive = make_archive(editor=user, members={"USER": stranger})
    fetch(ARCHIVES, user=stranger, pk=archive.pk)
    for action in ("upload", "change", "manage", "delete", "no-such-action"):
        with pytest.raises(NotFound):
            fetch(ARCHIVES, user=stranger, pk=archive.pk, action=action)


def test_public_is_for_whoever_signed_in(user: User, stranger: User) -> None:
    archive = make_archive(editor=user, public=True)
    fetch(ARCHIVES, user=stranger, pk=archive.pk, action="use")
    with pytest.raises(NotFound):
        fetch(ARCHIVES, user=stranger, pk=archive.pk, action="upload")
    with pytest.raises(NotFound):
        fetch(ARCHIVES, user=AnonymousUser(), pk=archive.pk)
