"""Declaring a design, the opening that freezes it, and amendments."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.designs import declared_by
from app.challenges.models import Challenge, DesignVersion
from app.challenges.services import declare_design, update_phase
from app.challenges.tasks import reconcile_openings
from app.core.errors import Conflict, ValidationFailed
from tests.challenges.declaration.test_checking import DESIGN, PLAN
from tests.factories.accounts import sign_in
from tests.factories.challenges import make_challenge, make_phase, make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge(user: User) -> Challenge:
    return make_challenge(admin=user)


def declare(challenge: Challenge, user: User, **given: Any) -> DesignVersion:
    given.setdefault("document", DESIGN)
    return declare_design(actor=user, challenge=challenge, **given)


class TestVersions:
    def test_every_change_is_a_version(self, challenge: Challenge, user: User) -> None:
        first = declare(challenge, user)
        second = declare(challenge, user, document={**DESIGN, "test_cases": 50})
        assert [first.number, second.number] == [1, 2]
        assert not second.amendment
        assert Event.objects.filter(name="challenges.design.declared").count() == 2

    def test_the_same_again_is_none(self, challenge: Challenge, user: User) -> None:
        assert declare(challenge, user) == declare(challenge, user)
        assert DesignVersion.objects.count() == 1

    def test_phases_have_their_own(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, opens_at=None)
        declare(challenge, user)
        version = declare(challenge, user, phase=phase, document={"test_cases": 7})
        assert (version.number, version.document) == (1, {"version": 1, "test_cases": 7})
        assert declared_by(challenge).document == DESIGN

    def test_nobody_overwrites_what_they_have_not_seen(
        self, challenge: Challenge, user: User
    ) -> None:
        declare(challenge, user, base=0)
        with pytest.raises(Conflict, match="meanwhile"):
            declare(challenge, user, document={"task": "Other"}, base=0)

    def test_what_is_wrong_is_said_by_field(self, challenge: Challenge, user: User) -> None:
        with pytest.raises(ValidationFailed) as caught:
            declare(challenge, user, document={"test_cases": -1})
        assert "test_cases" in caught.value.fields


class TestFreezing:
    def test_the_first_open_phase_freezes_the_challenge(
        self, challenge: Challenge, user: User
    ) -> None:
        declare(challenge, user)
        assert declared_by(challenge).frozen_at is None
        make_phase(challenge)
        with pytest.raises(ValidationFailed, match="check") as caught:
            declare(challenge, user, document={"task": "Another"})
        assert "frozen" in caught.value.fields["reason"][0]
        amendment = declare(challenge, user, document={"task": "Another"}, reason="A mistake.")
        assert amendment.amendment
        assert declared_by(challenge).frozen_at is not None

    def test_the_clock_notes_what_began_by_itself(self, challenge: Challenge) -> None:
        make_phase(challenge, ready=False)
        reconcile_openings()
        assert declared_by(challenge).frozen_at is None
        make_phase(challenge)
        reconcile_openings()
        assert declared_by(challenge).frozen_at is not None

    def test_a_phase_that_cannot_take_submissions_freezes_nothing(
        self, challenge: Challenge, user: User
    ) -> None:
        make_phase(challenge, ready=False)
        make_phase(challenge, opens_at=None)
        assert not declare(challenge, user).amendment

    def test_closing_does_not_thaw(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge)
        update_phase(actor=user, phase=phase, closes_at=timezone.now())
        with pytest.raises(ValidationFailed):
            declare(challenge, user)

    def test_a_submission_freezes(self, challenge: Challenge) -> None:
        phase = make_phase(challenge)
        make_submission(phase)
        assert declared_by(challenge, phase).frozen_at is not None

    def test_the_design_of_a_phase_that_is_to_open_stays_free(
        self, challenge: Challenge, user: User
    ) -> None:
        make_phase(challenge)
        later = make_phase(challenge, opens_at=None)
        version = declare(challenge, user, phase=later, document={"test_cases": 3})
        assert not version.amendment


class TestPages:
    def test_from_an_empty_form_to_a_published_amendment(
        self, challenge: Challenge, user: User, stranger: User, client: Client
    ) -> None:
        sign_in(client, user)
        edit = reverse("challenges:edit_design", args=[challenge.pk])
        sent = {
            "base": 0,
            "task": "Segment <b>lungs</b>.",
            "metrics": "dice: overlap\nhd95: borders",
            "ranking_plan": json.dumps(PLAN),
        }
        assert client.post(edit, sent).status_code == 302
        make_phase(challenge)
        assert b"The design is frozen" in client.get(edit).content
        refused = client.post(edit, {**sent, "base": 1, "task": "Other"})
        assert b"Say why it changes" in refused.content
        sent |= {"base": 1, "task": "Other", "reason": "Cases were withdrawn."}
        assert client.post(edit, sent).status_code == 302
        page = client.get(reverse("challenges:design", args=[challenge.pk])).content.decode()
        assert "Cases were withdrawn." in page
        assert "Segment &lt;b&gt;lungs&lt;/b&gt;." in page

    def test_faults_are_shown_beside_the_fields(
        self, challenge: Challenge, user: User, client: Client
    ) -> None:
        sign_in(client, user)
        edit = reverse("challenges:edit_design", args=[challenge.pk])
        page = client.post(
            edit, {"base": 0, "metrics": "dice", "ranking_plan": "{", "test_cases": "many"}
        ).content.decode()
        assert "Line 1 has no reason" in page
        assert "The plan is not JSON" in page
        assert DesignVersion.objects.count() == 0

    def test_exports(self, challenge: Challenge, user: User, client: Client) -> None:
        declare(challenge, user)
        make_phase(challenge)
        declare(challenge, user, document={**DESIGN, "test_cases": 39}, reason="One withdrawn.")
        sign_in(client, user)

        def export(name: str) -> str:
            return client.get(
                reverse("challenges:export_design", args=[challenge.pk, name])
            ).content.decode()

        found = json.loads(export("design.json"))["design"]
        assert found["frozen_at"]
        assert [row["number"] for row in found["versions"]] == [1, 2]
        assert found["versions"][1]["changes"] == [
            {"item": "test_cases", "before": "40", "after": "39"}
        ]
        assert "Cohort(s): target" in export("bias.csv")
        assert "was amended once since" in export("methods.txt")
        address = reverse("challenges:export_design", args=[challenge.pk, "other.exe"])
        assert client.get(address).status_code == 404
