"""Endpoints and invocations over the API, as clients expect them."""

from typing import Any

import pytest

from algorithms.models import AlgorithmEndpoint, AlgorithmRun
from app.accounts.models import User
from app.execution.models import Endpoint, Job
from app.sockets.services import ensure_socket
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_endpoint, make_version

pytestmark = pytest.mark.django_db
ENDPOINT_KEYS = {"api_url", "pk", "algorithm", "status", "remaining_lifetime"}
CALL_KEYS = {"pk", "endpoint", "inputs", "outputs", "status", "error_message"}


@pytest.fixture
def version() -> Any:
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    report = ensure_socket(slug="report", title="R", kind="STR", relative_path="report.json")
    algorithm = make_algorithm(public=True, versions=0, inputs=[age], outputs=[report])
    return make_version(algorithm, serves=True)


def started(api: Api, version: Any) -> dict[str, Any]:
    body = {"algorithm": f"/api/v1/algorithms/{version.algorithm_id}/"}
    made: dict[str, Any] = api.post("algorithms/endpoints/", body)
    return made


def test_an_endpoint_from_its_start_to_its_end(api: Api, version: Any) -> None:
    made = started(api, version)
    assert set(made) >= ENDPOINT_KEYS
    assert (made["status"], made["remaining_lifetime"]) == ("Queued", "P0DT00H10M00S")
    assert made["algorithm"].endswith(f"/api/v1/algorithms/{version.algorithm_id}/")
    assert api.get(f"algorithms/endpoints/{made['pk']}/") == made
    assert [one["pk"] for one in api.get("algorithms/endpoints/?status=Queued")["results"]] == [
        made["pk"]
    ]
    assert api.get("algorithms/endpoints/?status=Running")["count"] == 0
    assert api.get("algorithms/endpoints/?status=Nonsense")["count"] == 0
    api.call("DELETE", f"algorithms/endpoints/{made['pk']}/")
    assert api.get(f"algorithms/endpoints/{made['pk']}/")["status"] == "Stopped"


def test_it_is_kept_alive(api: Api, user: User, version: Any) -> None:
    found = make_endpoint(version, creator=user, keep_alive_until=None)
    kept = api.patch(f"algorithms/endpoints/{found.pk}/keep_alive/", {})
    assert kept["remaining_lifetime"].startswith("P0DT00H09M59")


def test_a_call_and_its_answer(api: Api, user: User, version: Any) -> None:
    found = make_endpoint(version, creator=user)
    body = {
        "endpoint": f"/api/v1/algorithms/endpoints/{found.pk}/",
        "inputs": [{"interface": "age", "value": 63}],
    }
    made = api.post("algorithms/invocations/", body)
    assert set(made) >= CALL_KEYS
    assert made["status"] == "Queued"
    assert made["endpoint"].endswith(f"/api/v1/algorithms/endpoints/{found.pk}/")
    assert [value["interface"] for value in made["inputs"]] == ["age"]
    job = Job.objects.get(pk=made["pk"])
    assert job.endpoint == found.endpoint
    assert job.pool == ""
    shown = api.get(f"algorithms/invocations/{made['pk']}/")
    assert shown["inputs"][0]["value"] == 63
    by_endpoint = api.get(f"algorithms/invocations/?endpoint={found.pk}")
    assert [one["pk"] for one in by_endpoint["results"]] == [made["pk"]]
    assert api.get(f"algorithms/jobs/{made['pk']}/")["status"] == "Queued"


def test_what_cannot_be_called(api: Api, other: Api, user: User, version: Any) -> None:
    ended = make_endpoint(version, creator=user, state=Endpoint.State.STOPPED)
    theirs = make_endpoint(version, creator=other.user)
    inputs = [{"interface": "age", "value": 63}]
    for endpoint, status in ((ended, 409), (theirs, 404)):
        body = {"endpoint": f"/api/v1/algorithms/endpoints/{endpoint.pk}/", "inputs": inputs}
        api.post("algorithms/invocations/", body, status=status)
    wrong = {"endpoint": str(make_endpoint(version, creator=user).pk), "inputs": []}
    assert "inputs" in api.post("algorithms/invocations/", wrong, status=400)["fields"]
    assert not AlgorithmRun.objects.exists()


def test_a_container_that_ends_cannot_be_kept(api: Api) -> None:
    plain = make_algorithm(editor=UserFactory(), public=True)
    body = {"algorithm": f"/api/v1/algorithms/{plain.pk}/"}
    problem = api.post("algorithms/endpoints/", body, status=409)
    assert problem["advice"] == "Start a run instead."
    assert not AlgorithmEndpoint.objects.exists()


def test_how_a_version_is_called(user: User, api: Api) -> None:
    version = make_version(make_algorithm(editor=user, versions=0))
    address = f"algorithms/images/{version.pk}/"
    assert (api.get(address)["serves"], api.get(address)["stays_up"]) == (None, False)
    changed = api.patch(f"{address}calling/", {"serves": True})
    assert (changed["serves"], changed["stays_up"]) == (True, True)
