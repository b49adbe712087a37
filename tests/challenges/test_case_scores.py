"""Scores of single cases: stored as rows, shown worst first, given out as files."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import CaseScore, Evaluation, Phase
from app.challenges.views import submissions
from app.images.models import Image
from app.sockets.selectors import segmentation_socket
from app.sockets.services import image_value
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    make_challenge,
    make_phase,
    make_submission,
    name_cases,
)
from tests.factories.images import make_image
from viewer.registry import get_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def phase(user: User) -> Phase:
    found = make_phase(make_challenge(participants=(user,)), cases=3)
    name_cases(found)
    return found


@pytest.fixture
def evaluation(phase: Phase, user: User) -> Evaluation:
    found: Evaluation = make_submission(phase, creator=user).evaluations.get()
    finish_cases(found)
    return found


def finish(evaluation: Evaluation, results: Any) -> None:
    finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.5}}, "results": results})


def entries(evaluation: Evaluation, *values: float | None) -> list[dict[str, Any]]:
    return [
        {"pk": str(case.job_id), "metrics": {"dice": value}}
        for case, value in zip(evaluation.cases.all(), values, strict=False)
    ]


def stored(evaluation: Evaluation) -> list[tuple[int, str, str, float | None]]:
    rows = CaseScore.objects.filter(case__evaluation=evaluation)
    return list(
        rows.order_by("case__order", "metric", "label").values_list(
            "case__order", "metric", "label", "value"
        )
    )


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def organizer_of(evaluation: Evaluation) -> User:
    person: User = evaluation.submission.phase.challenge.memberships.get(role="ADMIN").user
    return person


class TestStoring:
    def test_by_job_item_title_and_image(self, evaluation: Evaluation) -> None:
        one, two, three = evaluation.cases.all()
        finish(
            evaluation,
            [
                {"pk": str(one.job_id), "metrics": {"dice": 0.1}},
                {"case": two.item.title, "classes": {"liver": {"dice": 0.2}}},
                {"name": three.item.images[0].name, "metrics": {"dice": None}, "note": "empty"},
            ],
        )
        assert stored(evaluation) == [
            (1, "dice", "", 0.1),
            (2, "dice", "liver", 0.2),
            (3, "dice", "", None),
        ]
        assert evaluation.cases.get(order=3).note == "empty"
        assert evaluation.result_faults == []
        assert evaluation.rank == 1

    def test_what_cannot_be_used_is_said_to_organizers(
        self, evaluation: Evaluation, user: User
    ) -> None:
        one = evaluation.cases.all()[0]
        finish(
            evaluation,
            [
                {"pk": str(one.job_id), "metrics": {"dice": "high"}},
                {"case": one.item.title, "metrics": {"dice": 1}},
                {"case": "unknown", "metrics": {}},
            ],
        )
        assert stored(evaluation) == [(1, "dice", "", None)]
        assert evaluation.result_faults == [
            "results[0].metrics.dice is no finite number; it counts as missing.",
            "results[1] is about case 1 once more.",
            "results[2] names no case of this phase.",
            "Case 2 has no result.",
            "Case 3 has no result.",
        ]
        address = reverse("challenges:evaluation", args=[evaluation.pk])
        said = "names no case of this phase"
        assert said in signed_in(organizer_of(evaluation)).get(address).content.decode()
        assert said not in signed_in(user).get(address).content.decode()

    def test_a_name_of_two_cases_means_neither(self, evaluation: Evaluation) -> None:
        for case in evaluation.cases.all()[:2]:
            Image.objects.filter(pk=case.item.images[0].pk).update(name="twin.mha")
        finish(evaluation, [{"case": "twin", "metrics": {"dice": 1}}])
        assert stored(evaluation) == []
        assert "results[0] names no case of this phase." in evaluation.result_faults


class TestShowing:
    def test_worst_first_to_organizers(self, evaluation: Evaluation) -> None:
        finish(evaluation, entries(evaluation, 0.9, 0.2))
        page = signed_in(organizer_of(evaluation)).get(
            reverse("challenges:evaluation", args=[evaluation.pk])
        )
        assert [row.case.order for row in page.context["list"].items] == [3, 2, 1], "missing first"
        text = page.content.decode()
        assert reverse("challenges:case", args=[evaluation.pk, 3]) in text
        assert "missing" in text
        assert "dice: worst first" in text

    def test_lower_is_better(self, evaluation: Evaluation, phase: Phase) -> None:
        Phase.objects.filter(pk=phase.pk).update(direction="LOWER")
        finish(evaluation, entries(evaluation, 0.9, 0.2, 0.4))
        page = signed_in(organizer_of(evaluation)).get(
            reverse("challenges:evaluation", args=[evaluation.pk])
        )
        assert [row.case.order for row in page.context["list"].items] == [1, 3, 2]

    def test_in_pages(self, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(submissions, "CASES_AT_ONCE", 2)
        finish(evaluation, entries(evaluation, 0.9, 0.2, 0.4))
        client = signed_in(organizer_of(evaluation))
        address = reverse("challenges:evaluation", args=[evaluation.pk])
        first, last = (client.get(address, {"page": number}) for number in (1, 2))
        shown = [[row.case.order for row in page.context["list"].items] for page in (first, last)]
        assert shown == [[2, 3], [1]]
        assert "?by=dice&amp;page=2" in first.content.decode()

    def test_by_another_column(self, evaluation: Evaluation) -> None:
        results = entries(evaluation, 0.9, 0.2, 0.4)
        for place, entry in enumerate(results):
            entry["classes"] = {"liver": {"hd": 3 - place}}
        finish(evaluation, results)
        client = signed_in(organizer_of(evaluation))
        address = reverse("challenges:evaluation", args=[evaluation.pk])
        page = client.get(address, {"by": "hd:liver"})
        assert [row.case.order for row in page.context["list"].items] == [3, 2, 1]
        assert "hd (liver): lowest first" in page.content.decode()
        assert client.get(address, {"by": "nonsense"}).context["column"].metric == "dice"

    def test_participants_where_the_phase_allows_it_and_without_names(
        self, evaluation: Evaluation, phase: Phase, user: User
    ) -> None:
        finish(evaluation, entries(evaluation, 0.9, 0.2, 0.4))
        case = evaluation.cases.all()[0]
        pages = [
            reverse("challenges:evaluation", args=[evaluation.pk]),
            reverse("challenges:case", args=[evaluation.pk, 1]),
        ]
        files = [
            reverse("challenges:case_scores", args=[evaluation.pk]),
            reverse("api:evaluation-scores", args=[evaluation.pk]),
        ]
        client = signed_in(user)
        for address in pages:
            assert "0.9000" not in client.get(address).content.decode()
        for address in files:
            assert client.get(address).status_code == 404
        Phase.objects.filter(pk=phase.pk).update(show_case_scores=True)
        for address in [*pages, *files]:
            text = client.get(address).content.decode()
            assert "0.9" in text
            for hidden in (case.item.title, case.item.images[0].name, str(case.item_id)):
                assert hidden not in text, address

    def test_as_files_to_organizers(self, evaluation: Evaluation) -> None:
        finish(evaluation, entries(evaluation, 0.9, None, 0.4))
        client = signed_in(organizer_of(evaluation))
        text = client.get(reverse("challenges:case_scores", args=[evaluation.pk])).content.decode()
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        assert [row["value"] for row in rows] == ["0.9", "", "0.4"]
        assert rows[0]["title"] == evaluation.cases.all()[0].item.title
        found = client.get(reverse("api:evaluation-scores", args=[evaluation.pk])).json()
        assert [row["value"] for row in found] == [0.9, None, 0.4]
        assert found[0]["item"] == str(evaluation.cases.all()[0].item_id)

    def test_cells_are_no_formulas(self, evaluation: Evaluation) -> None:
        finish(evaluation, [{"case": evaluation.cases.all()[0].item.title, "metrics": {"=1+1": 1}}])
        client = signed_in(organizer_of(evaluation))
        text = client.get(reverse("challenges:case_scores", args=[evaluation.pk])).content.decode()
        assert "'=1+1" in text


class TestViewing:
    def test_prediction_beside_the_reference(self, evaluation: Evaluation) -> None:
        case = evaluation.cases.all()[0]
        reference = make_image(name="Truth")
        case.item.values.add(image_value(socket=segmentation_socket(), image=reference))
        organizer = organizer_of(evaluation)
        view = get_source("evaluation-case").resolve(user=organizer, pk=case.pk)
        roles = [(layer.role, layer.name.endswith("(reference)")) for layer in view.layers]
        assert roles == [("image", False), ("overlay", True), ("overlay", False)]
        page = signed_in(organizer).get(reverse("challenges:case", args=[evaluation.pk, 1]))
        assert reverse("viewer:open", args=["evaluation-case", case.pk]) in page.content.decode()

    def test_participants_see_no_hidden_image(self, evaluation: Evaluation, user: User) -> None:
        case = evaluation.cases.all()[0]
        address = reverse("viewer:open", args=["evaluation-case", case.pk])
        client = signed_in(user)
        assert client.get(address).status_code == 404
        page = client.get(reverse("challenges:case", args=[evaluation.pk, 1]))
        assert address not in page.content.decode()

    def test_unknown_cases(self, evaluation: Evaluation, user: User) -> None:
        client = signed_in(user)
        for number in (0, 4):
            address = reverse("challenges:case", args=[evaluation.pk, number])
            assert client.get(address).status_code == 404
