"""Pages and API of phases that take files with predictions."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.policies import CHALLENGES
from app.challenges.services.evaluations import advance
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    SCHEMA,
    finish_method,
    hand_in_file,
    make_challenge,
    make_phase,
    make_predictions,
    make_predictions_phase,
    make_submission,
)
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db
State = Evaluation.State


@pytest.fixture
def phase(user: User) -> Phase:
    """A phase of three cases in which ``user`` takes part with files."""
    return make_predictions_phase(make_challenge(participants=(user,)), cases=3)


class TestPage:
    def address(self, phase: Phase) -> str:
        return reverse("challenges:submit", args=[phase.pk])

    def test_hands_in(self, phase: Phase, user: User, signed_in: Client) -> None:
        upload = make_predictions(user)
        data = {"uploads": str(upload.pk), "comment": "First"}
        response = signed_in.post(self.address(phase), data)
        evaluation = Evaluation.objects.get()
        page = reverse("challenges:evaluation", args=[evaluation.pk])
        assert response["Location"] == page
        shown = signed_in.get(page).content.decode()
        assert "mine.json" in shown
        assert f"/media/predictions/{evaluation.submission_id}/mine.json" in shown
        listed = reverse("challenges:submissions", args=[phase.pk])
        assert "mine.json" in signed_in.get(listed).content.decode()

    def test_shows_schema_and_faults(self, phase: Phase, user: User, signed_in: Client) -> None:
        upload = make_predictions(user, content=[{"case": "a", "probability": 7}])
        response = signed_in.post(self.address(phase), {"uploads": str(upload.pk)})
        shown = response.content.decode()
        assert "[0].probability: must be at most 1" in shown
        assert "data-schema" in shown
        assert not Submission.objects.exists()

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ("JSON", "One JSON file in UTF-8, named *.json, at most 10 MiB."),
            ("CSV", "One CSV file with a header in UTF-8, named *.csv, at most 10 MiB."),
        ],
    )
    def test_says_what_is_taken_before_a_file_is_chosen(
        self, user: User, signed_in: Client, form: str, said: str
    ) -> None:
        challenge = make_challenge(participants=(user,))
        phase = make_predictions_phase(challenge, predictions_form=form)
        page = signed_in.get(self.address(phase)).content.decode()
        assert said in page
        assert "Archives (.zip, .tar.gz and the like) are not taken: " in page

    def test_takes_no_upload_of_others(
        self, phase: Phase, signed_in: Client, stranger: User
    ) -> None:
        upload = make_predictions(stranger)
        response = signed_in.post(self.address(phase), {"uploads": str(upload.pk)})
        assert response.status_code == 200
        assert not Submission.objects.exists()

    def test_the_leaderboard_does_not_name_files(
        self, phase: Phase, user: User, signed_in: Client
    ) -> None:
        evaluation = hand_in_file(phase, filename="secret-name.json").evaluations.get()
        advance(evaluation.pk)
        finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.5}}})
        page = signed_in.get(reverse("challenges:phase", args=[phase.pk])).content.decode()
        assert "0.5000" in page
        assert "secret-name" not in page
        assert "Submit predictions" in page
        assert "Submit an algorithm" not in page
        place = signed_in.get(reverse("api:phase-leaderboard", args=[phase.pk])).json()
        assert place["results"][0]["algorithm"] is None

    def test_organizers_choose_kind_and_schema(self, signed_in: Client, user: User) -> None:
        challenge = make_challenge(admin=user)
        data = {
            "title": "Files",
            "kind": "PREDICTIONS",
            "predictions_form": "JSON",
            "predictions_schema": '{"type": "nonsense"}',
            "predictions_max_mb": 5,
            "score_title": "Dice",
            "score_path": "a.b",
            "direction": "HIGHER",
        }
        address = reverse("challenges:create_phase", args=[challenge.pk])
        assert "not a JSON Schema" in signed_in.post(address, data).content.decode()
        data["predictions_schema"] = '{"type": "array"}'
        assert signed_in.post(address, data).status_code == 302
        phase = challenge.phases.get()
        assert (phase.predictions_schema, phase.archive) == ({"type": "array"}, None)
        edit = reverse("challenges:edit_phase", args=[phase.pk])
        assert "&quot;type&quot;: &quot;array&quot;" in signed_in.get(edit).content.decode()
        data["predictions_schema"] = ""
        assert signed_in.post(edit, data).status_code == 302
        phase.refresh_from_db()
        assert phase.predictions_schema is None
        setup = reverse("challenges:setup_phase", args=[phase.pk])
        assert "There is no schema" in signed_in.get(setup).content.decode()


class TestReading:
    def test_only_team_and_organizers(self, phase: Phase, user: User, client: Client) -> None:
        mate, other, evaluator = UserFactory(), UserFactory(), UserFactory()
        admin = phase.challenge.memberships.get(role="ADMIN").user
        for person, role in (
            (mate, "PARTICIPANT"),
            (other, "PARTICIPANT"),
            (evaluator, "EVALUATOR"),
        ):
            grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=person, role=role)
        make_team(phase.challenge, user, mate)
        submission = hand_in_file(phase, creator=user)
        address = f"/media/predictions/{submission.pk}/mine.json"
        stranger = make_challenge().memberships.get(role="ADMIN").user
        for person, status in (
            (user, 302),
            (mate, 302),
            (admin, 302),
            (evaluator, 302),
            (other, 404),
            (stranger, 404),
        ):
            client.force_login(person)
            assert client.get(address).status_code == status, person
        client.logout()
        assert client.get(address).status_code in {302, 404}
        assert "/sign-in" in client.get(address).get("Location", "/sign-in")

    def test_not_of_algorithms(self, user: User, signed_in: Client) -> None:
        submission = make_submission(make_phase(make_challenge(participants=(user,))), creator=user)
        assert signed_in.get(f"/media/predictions/{submission.pk}/x").status_code == 404


class TestApi:
    def test_hands_in(self, phase: Phase, user: User, signed_in: Client) -> None:
        upload = make_predictions(user)
        data = {"phase": str(phase.pk), "user_upload": str(upload.pk), "comment": "By API"}
        response = signed_in.post("/api/v1/submissions/", data, content_type="application/json")
        assert response.status_code == 201, response.content
        made = response.json()
        assert made["algorithm_image"] is None
        assert made["file"].endswith(f"/media/predictions/{made['pk']}/mine.json")
        assert signed_in.get(made["api_url"]).json()["file"] == made["file"]
        assert signed_in.get("/api/v1/evaluations/").json()["results"][0]["submission"]["file"]

    def test_says_what_is_wanted(self, phase: Phase, signed_in: Client) -> None:
        data = {"phase": str(phase.pk), "algorithm": str(phase.pk)}
        response = signed_in.post("/api/v1/submissions/", data, content_type="application/json")
        assert response.status_code == 400
        assert "user_upload" in response.content.decode()

    def test_looks_at_a_file_before_it_is_handed_in(
        self, phase: Phase, user: User, signed_in: Client
    ) -> None:
        address = reverse("api:phase-check-predictions", args=[phase.pk])

        def check(content: Any) -> Any:
            upload = make_predictions(user, content=content)
            data = {"user_upload": str(upload.pk)}
            return signed_in.post(address, data, content_type="application/json").json()

        assert check(None) == {"fits": True, "faults": []}
        fault = {"path": "[0].probability", "message": "is missing"}
        assert check([{"case": "a"}]) == {"fits": False, "faults": [fault]}
        assert not Submission.objects.exists()

    def test_says_why_it_takes_no_archive(
        self, phase: Phase, user: User, signed_in: Client
    ) -> None:
        upload = make_predictions(user, filename="mine.zip")
        check = reverse("api:phase-check-predictions", args=[phase.pk])
        given = {"user_upload": str(upload.pk)}
        answer = signed_in.post(check, given, content_type="application/json").json()
        assert not answer["fits"]
        assert "Archives" in answer["faults"][0]["message"]
        given["phase"] = str(phase.pk)
        made = signed_in.post("/api/v1/submissions/", given, content_type="application/json")
        assert made.status_code == 400
        assert "Archives" in made.content.decode()

    def test_makes_phases(self, user: User, signed_in: Client) -> None:
        challenge = make_challenge(admin=user)
        data = {"challenge": str(challenge.pk), "title": "F", "kind": "PREDICTIONS"}
        made = signed_in.post(
            "/api/v1/phases/",
            data | {"predictions_schema": SCHEMA},
            content_type="application/json",
        ).json()
        assert (made["kind"], made["predictions_schema"]) == ("PREDICTIONS", SCHEMA)
        bare = signed_in.post(
            "/api/v1/phases/",
            data | {"title": "G", "kind": "ALGORITHM"},
            content_type="application/json",
        )
        assert bare.status_code == 400
