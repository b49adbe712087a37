"""Stages of versions and models: what runs, who approved it, and what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.models import Algorithm, AlgorithmVersion, Stage
from algorithms.selectors import active_model, active_version
from algorithms.services import add_version, change_stage, delete_version
from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.storage import get_store
from app.execution.models import ContainerImage
from app.execution.tasks import reclaim_storage
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_job, make_model, make_run, make_version
from tests.factories.archives import make_archive
from tests.factories.images import make_upload

pytestmark = pytest.mark.django_db


def version_of(algorithm, number: int) -> AlgorithmVersion:  # type: ignore[no-untyped-def]
    found: AlgorithmVersion = algorithm.versions.get(number=number)
    return found


def test_without_a_version_in_production_the_newest_ready_one_runs() -> None:
    algorithm = make_algorithm(versions=2)
    make_version(algorithm, state=ContainerImage.State.INVALID)
    assert active_version(algorithm) == version_of(algorithm, 2)


def test_production_runs_before_newer_versions_and_can_go_back_to_an_older_one() -> None:
    editor = UserFactory()
    algorithm = make_algorithm(editor=editor, versions=3)
    change_stage(actor=editor, version=version_of(algorithm, 2), to=Stage.PRODUCTION)
    assert active_version(algorithm) == version_of(algorithm, 2)
    change_stage(actor=editor, version=version_of(algorithm, 1), to=Stage.PRODUCTION, comment="bad")
    assert active_version(algorithm) == version_of(algorithm, 1)
    assert version_of(algorithm, 2).stage == Stage.STAGING
    moves = version_of(algorithm, 1).stage_changes.get()
    assert (moves.before, moves.after, moves.comment) == ("DEVELOPMENT", "PRODUCTION", "bad")
    assert moves.approved_by == editor
    assert Event.objects.filter(name="algorithms.version.staged").count() == 3


def test_a_retired_version_does_not_run() -> None:
    editor = UserFactory()
    algorithm = make_algorithm(editor=editor, versions=2)
    change_stage(actor=editor, version=version_of(algorithm, 2), to=Stage.RETIRED)
    assert active_version(algorithm) == version_of(algorithm, 1)


def test_moves_that_the_table_does_not_have_are_refused() -> None:
    editor = UserFactory()
    version = version_of(make_algorithm(editor=editor), 1)
    change_stage(actor=editor, version=version, to=Stage.RETIRED)
    with pytest.raises(TransitionNotAllowed):
        change_stage(actor=editor, version=version, to=Stage.PRODUCTION)


def test_what_did_not_pass_its_checks_cannot_be_in_production() -> None:
    editor = UserFactory()
    algorithm = make_algorithm(editor=editor, versions=0)
    version = make_version(algorithm, state=ContainerImage.State.INVALID)
    with pytest.raises(Conflict):
        change_stage(actor=editor, version=version, to=Stage.PRODUCTION)


def test_models_follow_the_same_rule() -> None:
    editor = UserFactory()
    algorithm = make_algorithm(editor=editor)
    assert active_model(algorithm) is None
    first, second = make_model(algorithm), make_model(algorithm)
    assert active_model(algorithm) == second
    change_stage(actor=editor, version=first, to=Stage.PRODUCTION)
    assert active_model(algorithm) == first


def test_a_stage_is_changed_on_the_page(client: Client) -> None:
    editor, algorithm = UserFactory(), None
    algorithm = make_algorithm(editor=editor)
    version = version_of(algorithm, 1)
    client.force_login(editor)
    url = reverse("algorithms:stage_version", args=[version.pk])
    client.post(url, {"to": "PRODUCTION", "comment": "Reviewed in the team meeting."})
    page = client.get(reverse("algorithms:version", args=[version.pk])).content.decode()
    assert "Reviewed in the team meeting." in page
    assert editor.display_name in page


class TestStorage:
    @staticmethod
    def old(version: AlgorithmVersion, days: int) -> None:
        long_ago = timezone.now() - timedelta(days=days)
        ContainerImage.objects.filter(pk=version.container_image_id).update(modified=long_ago)

    def test_a_superseded_version_gives_its_storage_back_after_a_while(self) -> None:
        algorithm = make_algorithm(versions=2)
        old, current = version_of(algorithm, 1), version_of(algorithm, 2)
        for version in (old, current):
            self.old(version, 91)
        reclaim_storage()
        old.container_image.refresh_from_db()
        assert old.container_image.state == ContainerImage.State.RETIRED
        assert old.container_image.reclaimed_at is not None
        assert old.container_image.digest

    def test_the_bytes_are_gone_and_those_of_what_runs_are_there(
        self, django_capture_on_commit_callbacks: pytest.FixtureRequest
    ) -> None:
        algorithm = make_algorithm(versions=2)
        old, current = version_of(algorithm, 1), version_of(algorithm, 2)
        for version in (old, current):
            self.old(version, 91)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            reclaim_storage()
        assert not get_store().exists(old.container_image.key)
        assert get_store().exists(current.container_image.key)

    def test_content_that_another_version_shares_stays(
        self, django_capture_on_commit_callbacks: pytest.FixtureRequest
    ) -> None:
        algorithm = make_algorithm(versions=2)
        old, current = version_of(algorithm, 1), version_of(algorithm, 2)
        ContainerImage.objects.filter(pk=current.container_image_id).update(
            key=old.container_image.key
        )
        self.old(old, 91)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            reclaim_storage()
        assert get_store().exists(old.container_image.key)

    def test_what_runs_does_not_stand_before_what_is_due(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Versions that run stay for ever, so they must not fill what is looked at in one go."""
        monkeypatch.setattr("algorithms.keeping.AT_ONCE", 1)
        for _ in range(3):
            self.old(version_of(make_algorithm(), 1), 400)
        algorithm = make_algorithm(versions=2)
        due, retired = version_of(algorithm, 1), version_of(make_algorithm(), 1)
        for version in (due, version_of(algorithm, 2), retired):
            self.old(version, 91)
        type(retired).objects.filter(pk=retired.pk).update(stage=Stage.RETIRED)
        for _ in range(2):
            reclaim_storage()
        for version in (due, retired):
            version.container_image.refresh_from_db()
            assert version.container_image.state == ContainerImage.State.RETIRED
        assert ContainerImage.objects.filter(state=ContainerImage.State.READY).count() == 4

    def test_a_version_that_was_run_lately_is_kept(self) -> None:
        algorithm = make_algorithm(versions=2)
        old = version_of(algorithm, 1)
        make_job(container_image=old.container_image)
        self.old(old, 91)
        reclaim_storage()
        old.container_image.refresh_from_db()
        assert old.container_image.is_ready

    def test_a_refused_archive_is_kept_for_some_days(self) -> None:
        algorithm = make_algorithm(versions=0)
        versions = [make_version(algorithm, state=ContainerImage.State.INVALID) for _ in range(2)]
        self.old(versions[0], 8)
        reclaim_storage()
        kept = [ContainerImage.objects.get(pk=v.container_image_id) for v in versions]
        assert [image.reclaimed_at is None for image in kept] == [False, True]

    def test_the_editor_is_told_before(self, client: Client) -> None:
        editor = UserFactory()
        algorithm = make_algorithm(editor=editor, versions=2)
        client.force_login(editor)
        old, current = (
            client.get(reverse("algorithms:version", args=[version_of(algorithm, n).pk]))
            for n in (1, 2)
        )
        assert b"data-kept" in old.content
        assert b"data-kept" not in current.content


class TestDeleting:
    def test_an_unused_version_is_deleted_and_its_number_does_not_return(
        self, editor: User
    ) -> None:
        algorithm = make_algorithm(editor=editor, versions=2)
        image = version_of(algorithm, 2).container_image_id
        Algorithm.objects.filter(pk=algorithm.pk).update(versions_made=2)
        delete_version(actor=editor, version=version_of(algorithm, 2))
        assert not ContainerImage.objects.filter(pk=image).exists()
        upload = make_upload(owner=editor, content=b"the next")
        assert add_version(actor=editor, algorithm=algorithm, upload=upload).number == 3

    def test_a_version_with_results_stays(self, editor: User) -> None:
        algorithm = make_algorithm(editor=editor)
        item = make_archive(editor=editor, cases=1).items.get()
        make_run(algorithm, creator=editor, item=item)
        with pytest.raises(Conflict, match="stays"):
            delete_version(actor=editor, version=version_of(algorithm, 1))
        assert algorithm.versions.count() == 1

    @pytest.fixture
    def editor(self) -> User:
        return UserFactory()
