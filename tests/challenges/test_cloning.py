"""A clone has the set-up of its original and nothing of its people or results."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.audit.models import Event
from app.challenges.designs import designs_of
from app.challenges.models import Challenge, Phase, StarterKit
from app.challenges.policies import CHALLENGES
from app.challenges.readiness import readiness_of
from app.challenges.services import (
    add_question,
    announce,
    clone_challenge,
    create_page,
    declare_design,
)
from app.challenges.services.cloning import _PHASE_OWN
from app.core.errors import ValidationFailed
from archives.policies import ARCHIVES
from tests.api.conftest import Api
from tests.challenges.declaration.test_checking import DESIGN
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_evaluation, make_phase
from tests.factories.starter_kits import kit_zip, make_kit, masks_of
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(user: User) -> Challenge:
    """A public challenge under way, with everything that a clone must and must not take."""
    challenge = make_challenge(admin=user, public=True, team_size=3, description="Where?")
    first = make_phase(challenge, title="First", memory_mb=512, limit_successful_days=7)
    make_phase(challenge, title="Final", parent=first, archive=first.archive, time_limit=60)
    for document in (DESIGN, {**DESIGN, "test_cases": 39}):
        declare_design(actor=user, challenge=challenge, document=document, reason="One left.")
    add_question(
        actor=user, challenge=challenge, text="Which group?", kind="CHOICE", options=["x", "y"]
    )
    create_page(
        actor=user, challenge=challenge, title="Rules", content="# R", visibility="PARTICIPANTS"
    )
    announce(actor=user, challenge=challenge, title="Data are out", text="Look.")
    make_evaluation(first, score=0.5)
    person = UserFactory()
    grant_role(CHALLENGES, actor=user, obj=challenge, user=person, role="PARTICIPANT")
    make_team(challenge, person)
    return challenge


def clone(source: Challenge, user: User, **given: Any) -> Challenge:
    return clone_challenge(actor=user, challenge=source, **({"title": "Second edition"} | given))


def verify(user: User) -> None:
    User.objects.filter(pk=user.pk).update(verified_at=timezone.now())


def clone_page(client: Client, source: Challenge, user: User) -> str:
    """What a verified user is told before a clone is made."""
    verify(user)
    sign_in(client, user)
    return client.get(reverse("challenges:clone", args=[source.pk])).content.decode()


def settings_of(phase: Phase) -> dict[str, Any]:
    fields = [field for field in Phase._meta.concrete_fields if field.name not in _PHASE_OWN]
    return {field.name: getattr(phase, field.name) for field in fields}


def test_the_set_up_is_the_same_and_the_times_are_not(source: Challenge, user: User) -> None:
    made = clone(source, user)
    assert (made.slug, made.team_size, made.description) == ("second-edition", 3, "Where?")
    assert not made.public
    pairs = list(zip(source.phases.all(), made.phases.all(), strict=True))
    for before, after in pairs:
        assert settings_of(after) == settings_of(before)
        assert (after.opens_at, after.closes_at, after.ranked_at) == (None, None, None)
        assert set(after.inputs.all()) == set(before.inputs.all())
        assert set(after.outputs.all()) == set(before.outputs.all())
        assert after.archive == before.archive
        assert readiness_of(after).ready
    assert made.phases.get(title="Final").parent == made.phases.get(title="First")
    assert made.phases.get(title="First").memory_mb == 512


def test_evaluation_container_and_ground_truth_say_where_they_come_from(
    source: Challenge, user: User
) -> None:
    phase = clone(source, user).phases.get(title="First")
    before = source.phases.get(title="First")
    method, truth = phase.methods.get(), phase.ground_truths.get()
    assert method.container_image == before.methods.get().container_image
    assert (truth.key, truth.number) == (before.ground_truths.get().key, 1)
    assert source.title in method.note
    event = Event.objects.filter(name="challenges.method.added").latest("id")
    assert event.data["from"] in {str(row.methods.get().pk) for row in source.phases.all()}


def test_a_starter_kit_is_given_out_by_the_clone_too(
    source: Challenge, user: User, client: Client
) -> None:
    first = source.phases.get(title="First")
    kit = make_kit(first, truth=masks_of({"sample": b"mask"}))
    page = clone_page(client, source, user)
    assert page.count("Starter kit: the same.") == 1
    made = clone(source, user)
    copy = made.phases.get(title="First").starter_kit
    assert (copy.archive, copy.truth_key) == (kit.archive, kit.truth_key)
    assert set(kit_zip(copy.phase).namelist()) == set(kit_zip(first).namelist())
    assert not StarterKit.objects.filter(phase=made.phases.get(title="Final")).exists()
    event = Event.objects.filter(name="challenges.starter_kit.changed").latest("id")
    assert event.data["from"] == str(kit.pk)


def test_a_sample_stays_with_whoever_edits_it_and_so_does_its_truth(
    source: Challenge, user: User, client: Client
) -> None:
    kit = make_kit(source.phases.get(title="First"), truth=masks_of({"sample": b"mask"}))
    StarterKit.objects.filter(pk=kit.pk).update(source_key="starter-kits/own.tar", source_size=3)
    make_kit(source.phases.get(title="Final"))
    other = UserFactory()
    grant_role(CHALLENGES, actor=user, obj=source, user=other, role="ADMIN")
    page = clone_page(client, source, other)
    assert page.count("without its sample") == 2
    made = clone(source, other)
    copy = made.phases.get(title="First").starter_kit
    assert (copy.archive, copy.truth_key, copy.truth_size) == (None, "", 0)
    assert (copy.source_key, copy.source_size) == ("starter-kits/own.tar", 3)
    assert not StarterKit.objects.filter(phase=made.phases.get(title="Final")).exists()


def test_the_design_is_declared_anew_and_not_frozen(source: Challenge, user: User) -> None:
    found = designs_of(clone(source, user))
    assert found.own.document == {**DESIGN, "test_cases": 39}
    assert [row.number for row in found.own.versions] == [1]
    assert found.own.frozen_at is None
    assert found.own.amendments == []


def test_pages_come_along_and_people_and_results_do_not(source: Challenge, user: User) -> None:
    made = clone(source, user)
    page = made.pages.get()
    assert (page.slug, page.visibility, page.content) == ("rules", "PARTICIPANTS", "# R")
    assert [(row.user, row.role) for row in made.memberships.all()] == [(user, "ADMIN")]
    question = made.registration_questions.get()
    assert (question.text, question.options) == ("Which group?", ["x", "y"])
    assert not made.announcements.exists()
    assert not made.teams.exists()
    assert not any(phase.submissions.exists() for phase in made.phases.all())


def test_a_hidden_archive_stays_with_whoever_edits_it(
    source: Challenge, user: User, client: Client
) -> None:
    other = UserFactory()
    grant_role(CHALLENGES, actor=user, obj=source, user=other, role="ADMIN")
    archive = source.phases.get(title="First").archive
    grant_role(ARCHIVES, actor=user, obj=archive, user=other, role="UPLOADER")
    page = clone_page(client, source, other)
    assert page.count("you do not edit the one of this phase") == 2
    phase = clone(source, other).phases.get(title="First")
    assert phase.archive is None
    assert not phase.ground_truths.exists()
    assert readiness_of(phase).missing == (
        "No hidden test archive is chosen.",
        "The ground truth is not uploaded.",
    )
    for name in ("setup_phase", "edit_phase", "phase", "submit", "submissions", "grants"):
        shown = client.get(reverse(f"challenges:{name}", args=[phase.pk]))
        assert shown.status_code == 200, name
        assert archive.title not in shown.content.decode(), name


def test_an_open_phase_without_an_archive_takes_nothing(source: Challenge, user: User) -> None:
    other = UserFactory()
    grant_role(CHALLENGES, actor=user, obj=source, user=other, role="ADMIN")
    phase = clone(source, other).phases.get(title="First")
    Phase.objects.filter(pk=phase.pk).update(opens_at=timezone.now())
    phase.refresh_from_db()
    assert not readiness_of(phase).ready


def test_both_histories_tell_of_it(source: Challenge, user: User) -> None:
    made = clone(source, user)
    cloned = Event.objects.get(name="challenges.challenge.cloned")
    assert (cloned.object_id, cloned.data["from"]) == (str(made.pk), str(source.pk))
    assert Event.objects.get(name="challenges.challenge.copied").data == {"to": str(made.pk)}


def test_a_taken_name_makes_nothing(source: Challenge, user: User) -> None:
    with pytest.raises(ValidationFailed) as raised:
        clone(source, user, title=source.title, slug=source.slug)
    assert set(raised.value.fields) == {"title", "slug"}
    assert Challenge.objects.count() == 1


class TestPage:
    def test_it_says_what_happens_and_does_it(
        self, source: Challenge, user: User, client: Client
    ) -> None:
        verify(user)
        sign_in(client, user)
        address = reverse("challenges:clone", args=[source.pk])
        assert (
            address in client.get(reverse("challenges:detail", args=[source.pk])).content.decode()
        )
        text = re.sub(r"\s+", " ", client.get(address).content.decode())
        assert "the same one" in text
        assert "Participants, teams" in text
        assert "title" in client.post(address, {"title": source.title}).context["form"].errors
        answer = client.post(address, {"title": "Next", "slug": "nx"})
        made = Challenge.objects.get(slug="nx")
        assert answer["Location"] == reverse("challenges:detail", args=[made.pk])

    def test_only_who_manages_sees_it(
        self, source: Challenge, stranger: User, client: Client
    ) -> None:
        verify(stranger)
        sign_in(client, stranger)
        address = reverse("challenges:clone", args=[source.pk])
        assert client.get(address).status_code == 404
        assert client.post(address, {"title": "Mine"}).status_code == 404
        assert (
            address
            not in client.get(reverse("challenges:detail", args=[source.pk])).content.decode()
        )
        revoked = source.memberships.get(role="ADMIN").user
        grant_role(CHALLENGES, actor=revoked, obj=source, user=stranger, role="ADMIN")
        revoke_role(CHALLENGES, actor=stranger, obj=source, user=revoked)
        sign_in(client, revoked)
        assert client.get(address).status_code == 404

    def test_who_may_not_make_challenges_may_not_clone(
        self, source: Challenge, user: User, client: Client
    ) -> None:
        sign_in(client, user)
        address = reverse("challenges:clone", args=[source.pk])
        assert client.post(address, {"title": "Next"}).status_code == 404
        head = client.get(reverse("challenges:detail", args=[source.pk]))
        assert address not in head.content.decode()


def test_by_api(source: Challenge, user: User, stranger: User) -> None:
    verify(user)
    verify(stranger)
    address = f"/api/v1/challenges/{source.pk}/clone/"
    assert Api(user).post(address, {"title": "Next", "slug": "nx"})["slug"] == "nx"
    assert "title" in Api(user).post(address, {"title": "Next"}, status=400)["fields"]
    Api(stranger).post(address, {"title": "Other"}, status=404)
