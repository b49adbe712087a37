"""What the API does with a job besides starting it: logs, usage, again, reproduce, share."""

from typing import Any

import pytest

from algorithms.models import AlgorithmRun
from app.accounts.models import User
from app.execution.models import Job
from tests.api.conftest import Api
from tests.factories.algorithms import make_algorithm, make_run, make_version
from tests.factories.archives import make_archive, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(user: User) -> AlgorithmRun:
    item = make_item(make_archive(editor=user), title="Thorax 1")
    return make_run(make_algorithm(public=True), creator=user, item=item)


def job(run: AlgorithmRun, action: str) -> str:
    return f"algorithms/jobs/{run.job_id}/{action}/"


def test_a_log_is_followed_by_position(api: Api, run: AlgorithmRun) -> None:
    Job.objects.filter(pk=run.job_id).update(log="one\ntwo\n", log_size=8)
    assert api.get(job(run, "logs")) == {"text": "one\ntwo\n", "next": 8}
    assert api.get(job(run, "logs") + "?after=4") == {"text": "two\n", "next": 8}
    assert api.get(job(run, "logs") + "?after=8") == {"text": "", "next": 8}
    assert api.get(job(run, "logs") + "?after=-5")["next"] == 8


def test_usage_tells_limits_and_samples(api: Api, run: AlgorithmRun) -> None:
    Job.objects.filter(pk=run.job_id).update(usage=[[1, 0.5, 1000]])
    found = api.get(job(run, "usage"))
    assert (found["status"], found["usage"]) == ("Succeeded", [[1, 0.5, 1000]])
    assert found["limits"]["wall_clock"] > 0


def test_again_with_a_version(api: Api, run: AlgorithmRun, settings: Any) -> None:
    second = make_version(run.version.algorithm)
    body = {"algorithm_image": f"/api/v1/algorithms/images/{second.pk}/"}
    made = api.post(job(run, "rerun"), body)
    assert made["algorithm_image"].endswith(f"{second.pk}/")
    assert [value["socket"]["slug"] for value in made["inputs"]] == ["medical-image"]
    foreign = make_algorithm(public=True).versions.get()
    wrong = {"algorithm_image": f"/api/v1/algorithms/images/{foreign.pk}/"}
    assert "version" in api.post(job(run, "rerun"), wrong, status=400)["fields"]
    settings.RUNS_PER_PERSON = 1
    problem = api.post(job(run, "rerun"), {}, status=429)
    assert "1 are allowed at a time" in problem["detail"]


def test_reproduced_and_compared(api: Api, run: AlgorithmRun) -> None:
    assert api.get(job(run, "reproduce")) == []
    found = api.post(job(run, "reproduce"), {})
    assert [(one["status"], one["agrees"]) for one in found] == [("Queued", False)]
    assert Job.objects.get(reproduces=run.job).charge.credits > 0


def test_shared_by_name(api: Api, other: Api, run: AlgorithmRun) -> None:
    other.get(job(run, "usage"), status=404)
    name = other.user.username
    found = api.post(job(run, "share"), {"add": [name], "for_editors": False}, status=200)
    assert found == {"people": [name], "for_editors": False}
    other.get(job(run, "usage"))
    other.post(job(run, "rerun"), {}, status=404)
    assert api.post(job(run, "share"), {"remove": [name]}, status=200)["people"] == []
    other.get(job(run, "usage"), status=404)
    assert "add" in api.post(job(run, "share"), {"add": ["nobody"]}, status=400)["fields"]
