"""Who sees an image: whoever sees any use of it, and nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.accounts.models import User
from app.accounts.services import revoke_role
from app.core.ids import new_id
from app.images import visibility
from app.images.models import Image, ImageFile
from app.images.selectors import sees_still, served_image_file
from archives.policies import ARCHIVES
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import make_challenge, make_evaluation, make_phase
from tests.factories.images import make_image
from tests.factories.studies import make_study


def seen_by(user: Any) -> set[Any]:
    """All at once; asked one by one, also for the second time, each image gives the same."""
    seen = set(Image.objects.visible_to(user).values_list("pk", flat=True))
    for _ in range(2):
        assert {pk for pk in everything() if sees_still(user, pk)} == seen
    return seen


def everything() -> set[Any]:
    return set(Image.objects.values_list("pk", flat=True))


def test_an_unused_image_is_seen_by_whoever_imported_it(user: User, stranger: User) -> None:
    image = make_image(owner=user)
    assert (seen_by(user), seen_by(stranger)) == ({image.pk}, set())


def test_visitors_see_nothing_and_administrators_everything(user: User) -> None:
    archive = make_archive(editor=user, cases=1, public=True)
    other = make_image()
    assert seen_by(AnonymousUser()) == set()
    administrator = UserFactory(is_superuser=True)
    assert seen_by(administrator) == {archive.items.get().images[0].pk, other.pk}


def test_every_use_counts_and_none_twice(user: User) -> None:
    image = make_image(owner=user)
    archive = make_archive(editor=user)
    make_item(archive, image=image)
    make_item(archive, image=image, title="Again")
    make_study(editor=user, archive=archive)
    assert list(Image.objects.visible_to(user)) == [image]


def test_each_role_sees_its_own_images(user: User, stranger: User) -> None:
    study = make_study(readers=[stranger], cases=1)
    run = make_run(make_algorithm(), creator=stranger, item=make_archive(cases=1).items.get())
    challenge = make_challenge(admin=stranger)
    evaluation = make_evaluation(make_phase(challenge), score=0.5)
    case = evaluation.cases.get()
    expected = {
        study.display_sets.get().values.get().image_id,
        run.job.outputs.get().image_id,
        case.job.outputs.get().image_id,
        case.item.images[0].pk,
    }
    assert seen_by(stranger) == expected
    assert seen_by(user) == set()
    assert seen_by(evaluation.submission.creator) == set()


def test_an_image_that_lies_somewhere_is_seen_there_alone(user: User, stranger: User) -> None:
    image = make_image(owner=stranger)
    archive = make_archive(editor=user, members={"UPLOADER": stranger})
    make_item(archive, image=image)
    assert seen_by(stranger) == {image.pk}
    revoke_role(ARCHIVES, actor=user, obj=archive, user=stranger)
    assert seen_by(stranger) == set()


def test_readers_see_images_that_only_editors_may_use(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    image = study.display_sets.get().values.get().image
    assert seen_by(stranger) == {image.pk}
    assert not Image.objects.usable_by(stranger).exists()
    assert list(Image.objects.usable_by(user)) == [image]
    assert not Image.objects.usable_by(AnonymousUser()).exists()


def test_one_query_whatever_there_is(user: User) -> None:
    make_archive(editor=user, cases=3)
    make_study(editor=user, cases=2)
    with CaptureQueriesContext(connection) as captured:
        assert len(list(Image.objects.visible_to(user))) == 5
    assert len(captured) == 1


def test_who_saw_an_image_before_is_asked_about_once(user: User, stranger: User) -> None:
    case = make_study(readers=[user], cases=1).display_sets.get().values.get()
    assert sees_still(user, case.image_id)
    with CaptureQueriesContext(connection) as captured:
        assert sees_still(user, case.image_id)
    assert len(captured) == 1
    assert not sees_still(stranger, case.image_id)


def test_only_the_latest_ways_are_remembered(user: User) -> None:
    ways, (first, second, *_) = visibility.Ways(size=1), visibility._seen
    ways.note(user, (one := new_id()), second)
    assert next(ways.of(user, one))[0] is second
    assert [provider for provider, _ in ways.of(user, one)].count(second) == 1
    ways.note(user, new_id(), second)
    assert next(ways.of(user, one))[0] is first


def test_a_provider_registers_once() -> None:
    before = list(visibility._seen)
    visibility.register(before[0])
    assert visibility._seen == before


@pytest.mark.django_db
def test_a_served_file_is_named_by_its_image_and_not_by_its_owner(user: User) -> None:
    image = make_image(owner=user, name="Patient Name.mha")
    served = served_image_file(user, image.files.get(kind=ImageFile.Kind.MHA).pk)
    assert served.filename == f"{image.pk}.mha"
    assert served.audit_object == image
