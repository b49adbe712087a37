"""Archives: their people, their titles, and deleting what is in use."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.audit.models import Event
from app.core.errors import Conflict, ValidationFailed
from app.images.models import Image
from archives.models import Archive, ArchiveItem, ArchiveMember
from archives.policies import ARCHIVES
from archives.selectors import archives_for, image_ids_visible_to
from archives.services import delete_archive, delete_item, update_archive
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import make_phase, make_submission
from tests.factories.images import make_image


class TestPeople:
    def test_whoever_makes_it_is_its_editor(self, user: User) -> None:
        archive = make_archive(editor=user)
        assert [(m.user, m.role) for m in archive.memberships.all()] == [(user, "EDITOR")]

    def test_a_new_role_replaces_the_old(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, members={"USER": stranger})
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="UPLOADER")
        assert archive.memberships.get(user=stranger).role == "UPLOADER"

    def test_the_last_editor_stays(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, members={"USER": stranger})
        with pytest.raises(Conflict, match="last editor"):
            revoke_role(ARCHIVES, actor=user, obj=archive, user=user)
        with pytest.raises(Conflict, match="last editor"):
            grant_role(ARCHIVES, actor=user, obj=archive, user=user, role="USER")
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="EDITOR")
        revoke_role(ARCHIVES, actor=user, obj=archive, user=user)
        assert [m.user for m in archive.memberships.all()] == [stranger]

    def test_unknown_roles_are_refused(self, user: User, stranger: User) -> None:
        with pytest.raises(ValidationFailed):
            grant_role(
                ARCHIVES, actor=user, obj=make_archive(editor=user), user=stranger, role="OWNER"
            )

    def test_revoking_nothing_is_no_event(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        before = Event.objects.count()
        revoke_role(ARCHIVES, actor=user, obj=archive, user=stranger)
        assert Event.objects.count() == before

    @pytest.mark.django_db(transaction=True)
    def test_two_last_editors_cannot_both_leave_at_once(self) -> None:
        first, second = UserFactory(), UserFactory()
        archive = make_archive(editor=first, members={"EDITOR": second})
        start, outcomes = Barrier(2), []

        def leave(person: User) -> None:
            start.wait(timeout=20)
            try:
                revoke_role(ARCHIVES, actor=person, obj=archive, user=person)
                outcomes.append("left")
            except Conflict:
                outcomes.append("stays")
            finally:
                connection.close()

        threads = [Thread(target=leave, args=(person,)) for person in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(outcomes) == ["left", "stays"]
        assert ArchiveMember.objects.filter(target=archive, role="EDITOR").count() == 1

    def test_through_the_page(self, signed_in: Client, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        back = reverse("archives:people", args=[archive.pk])
        added = signed_in.post(
            reverse("accounts:add_person", args=["archive", archive.pk]),
            {"username": f"  {stranger.email.upper()} ", "role": "UPLOADER", "next": back},
        )
        assert (added.status_code, added["Location"]) == (302, back)
        assert archive.memberships.get(user=stranger).role == "UPLOADER"
        assert stranger.username in signed_in.get(back).content.decode()
        remove = reverse("accounts:remove_person", args=["archive", archive.pk, user.pk])
        refused = signed_in.post(remove, {"next": back})
        assert refused.status_code == 409
        assert b"last editor" in refused.content


class TestTitles:
    def test_a_taken_title_gets_a_number(self, user: User) -> None:
        archive = make_archive(editor=user)
        titles = [make_item(archive, title="Case").title for _ in range(3)]
        assert titles == ["Case", "Case (2)", "Case (3)"]

    def test_a_freed_number_is_used_again(self, user: User) -> None:
        archive = make_archive(editor=user)
        items = [make_item(archive, title="Case") for _ in range(3)]
        delete_item(actor=user, item=items[1])
        assert make_item(archive, title="Case").title == "Case (2)"

    def test_other_archives_do_not_matter(self, user: User) -> None:
        assert [make_item(make_archive(editor=user), title="A").title for _ in "ab"] == ["A", "A"]

    def test_endless_titles_are_cut_and_still_differ(self, user: User) -> None:
        archive = make_archive(editor=user)
        titles = [make_item(archive, title="x" * 200).title for _ in range(12)]
        assert len(set(titles)) == 12
        assert max(map(len, titles)) <= 200

    def test_an_empty_title_gets_a_name(self, user: User) -> None:
        assert make_item(make_archive(editor=user), title="  ").title == "Case"


class TestDeleting:
    def test_images_used_elsewhere_stay_visible(self, user: User, stranger: User) -> None:
        image = make_image()
        gone = make_archive(editor=user)
        make_item(gone, image=image)
        make_item(make_archive(editor=stranger), image=image)
        delete_archive(actor=user, archive=gone)
        assert not Image.objects.visible_to(user).exists()
        assert list(Image.objects.visible_to(stranger)) == [image]

    def test_a_test_archive_of_a_phase_stays(self, signed_in: Client, user: User) -> None:
        archive = make_archive(editor=user, cases=1)
        make_phase(archive=archive)
        response = signed_in.post(reverse("archives:delete", args=[archive.pk]))
        assert response.status_code == 409
        assert b"in use" in response.content
        assert Archive.objects.filter(pk=archive.pk).exists()
        assert not Event.objects.filter(name="archives.archive.deleted").exists()

    def test_a_case_that_was_evaluated_stays(self, signed_in: Client, user: User) -> None:
        archive = make_archive(editor=user, cases=1)
        make_submission(make_phase(archive=archive))
        item = archive.items.get()
        response = signed_in.post(reverse("archives:delete_item", args=[item.pk]))
        assert response.status_code == 409
        assert ArchiveItem.objects.filter(pk=item.pk).exists()


class TestPages:
    def test_made_through_the_page(self, signed_in: Client, user: User) -> None:
        response = signed_in.post(reverse("archives:create"), {"title": "Chest CT"})
        archive = Archive.objects.get()
        assert response["Location"] == reverse("archives:import", args=[archive.pk])
        assert (archive.title, archive.public) == ("Chest CT", False)

    def test_a_form_keeps_what_was_typed(self, signed_in: Client) -> None:
        data = {"title": "x" * 201, "description": "Kept text"}
        response = signed_in.post(reverse("archives:create"), data)
        assert response.status_code == 200
        assert b"Kept text" in response.content
        assert not Archive.objects.exists()

    def test_only_what_changed_is_written(self, signed_in: Client, user: User) -> None:
        archive = make_archive(editor=user, title="Old", description="Stays")
        address = reverse("archives:edit", args=[archive.pk])
        signed_in.post(address, {"title": "New", "description": "Stays"})
        event = Event.objects.get(name="archives.archive.changed")
        assert event.data == {"before": {"title": "Old"}, "after": {"title": "New"}}

    def test_counts_cases_once(self, user: User, stranger: User) -> None:
        make_archive(editor=user, cases=2, members={"USER": stranger}, public=True)
        (archive,) = archives_for(user)
        assert archive.case_count == 2

    def test_made_public_and_private_again(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, cases=1)
        for public in (True, False):
            update_archive(actor=user, archive=archive, public=public)
            assert archives_for(stranger).exists() is public
            assert image_ids_visible_to(stranger).exists() is public
