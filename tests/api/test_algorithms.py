"""Algorithms, container images and jobs over the API."""

import asyncio
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from algorithms.api.jobs import follow
from algorithms.models import AlgorithmVersion
from app.accounts.models import User
from app.execution.models import Job
from app.execution.services import end_job
from app.images.models import Import
from app.images.services import cancel_import, run_import
from app.sockets.models import LookUpTable
from app.sockets.selectors import medical_image_socket, segmentation_socket
from app.sockets.services import ensure_socket
from tests.api.conftest import Api
from tests.factories.algorithms import add_output, make_algorithm
from tests.factories.challenges import take
from tests.factories.images import make_image, make_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(user: User) -> Any:
    return make_algorithm(editor=user)


def image_input(user: User) -> dict[str, Any]:
    image = make_image(owner=user)
    return {"interface": "medical-image", "image": f"/api/v1/cases/images/{image.pk}/"}


def start(api: Api, algorithm: Any, *inputs: Any, status: int = 201) -> Any:
    body = {"algorithm": f"/api/v1/algorithms/{algorithm.pk}/", "inputs": list(inputs)}
    return api.post("algorithms/jobs/", body, status=status)


class TestAlgorithms:
    def test_made_found_changed(self, api: Api, other: Api) -> None:
        medical_image_socket(), segmentation_socket()
        body = {"title": "Lungs", "inputs": ["medical-image"], "outputs": ["segmentation"]}
        made = api.post("algorithms/", body)
        assert made["interfaces"][0]["inputs"][0]["super_kind"] == "Image"
        assert api.get("algorithms/?slug=lungs")["results"] == [made]
        assert api.patch(made["api_url"], {"description": "New"})["description"] == "New"
        other.get(made["api_url"], status=404)
        problem = api.post("algorithms/", {**body, "title": "B", "inputs": ["none"]}, status=400)
        assert "inputs" in problem["fields"]
        api.post("algorithms/", body, status=400)

    def test_a_list_asks_for_look_up_tables_once(self, api: Api, user: User) -> None:
        table = LookUpTable.objects.create(slug="hot", title="Hot", color="[]", alpha="[]")
        heat = ensure_socket(
            slug="heat",
            title="Heat",
            kind="HMAP",
            relative_path="images/heat",
            look_up_table=table,
        )
        asked = []
        api.get("algorithms/")
        for count in (1, 3):
            for _ in range(count):
                make_algorithm(editor=user, outputs=[heat], versions=0)
            with CaptureQueriesContext(connection) as queries:
                found = api.get("algorithms/")["results"]
            assert found[0]["interfaces"][0]["outputs"][0]["look_up_table"]["slug"] == "hot"
            asked.append(len(queries))
        assert asked[0] == asked[1]

    def test_a_container_archive_is_taken(self, api: Api, user: User, algorithm: Any) -> None:
        upload = make_upload(owner=user, content=b"tar", filename="image.tar")
        body = {
            "algorithm": f"/api/v1/algorithms/{algorithm.pk}/",
            "user_upload": f"/api/v1/uploads/{upload.pk}/",
            "comment": "First",
        }
        made = api.post("algorithms/images/", body)
        assert (made["import_status"], made["number"], made["comment"]) == ("Queued", 2, "First")
        listed = api.get(f"algorithms/images/?algorithm={algorithm.pk}")
        assert {row["pk"] for row in listed["results"]} == {
            str(version.pk) for version in AlgorithmVersion.objects.all()
        }


class TestJobs:
    def test_started_and_finished(self, api: Api, user: User, algorithm: Any) -> None:
        started = start(api, algorithm, image_input(user))
        assert started["inputs"][0]["interface"] == "medical-image"
        job = Job.objects.get(pk=started["pk"])
        assert job.state == Job.State.QUEUED
        assert api.get(f"algorithms/jobs/{job.pk}/")["status"] == "Queued"
        output = add_output(job)
        take(job)
        end_job(job, Job.State.SUCCEEDED)
        shown = api.get(f"algorithms/jobs/{job.pk}/")
        assert shown["status"] == "Succeeded"
        assert shown["exec_duration"].startswith("P0DT00H00M")
        assert shown["outputs"][0]["socket"]["slug"] == "segmentation"
        assert api.get(shown["outputs"][0]["image"])["pk"] == str(output.pk)
        found = api.get(f"algorithms/jobs/?output_image={output.pk}")["results"]
        assert [row["pk"] for row in found] == [str(job.pk)]
        assert api.get(f"cases/images/?job_output={job.pk}")["count"] == 1

    def test_waits_for_its_uploads(self, api: Api, user: User, algorithm: Any) -> None:
        upload = make_upload(owner=user)
        value = {"interface": "medical-image", "user_uploads": [f"/api/v1/uploads/{upload.pk}/"]}
        started = start(api, algorithm, value)
        assert (started["status"], started["inputs"]) == ("Validating inputs", [])
        run_import(Import.objects.get().pk)
        shown = api.get(f"algorithms/jobs/{started['pk']}/")
        assert (shown["status"], len(shown["inputs"])) == ("Queued", 1)

    @pytest.mark.parametrize(("names", "title"), [(["a.dcm"], "a.dcm"), (["a", "b"], "2 files")])
    def test_is_named_by_what_was_uploaded(
        self, api: Api, user: User, algorithm: Any, names: list[str], title: str
    ) -> None:
        uploads = [make_upload(owner=user, filename=name) for name in names]
        links = [f"/api/v1/uploads/{upload.pk}/" for upload in uploads]
        started = start(api, algorithm, {"interface": "medical-image", "user_uploads": links})
        assert started["title"] == title

    @pytest.mark.parametrize("cancelled", [True, False])
    def test_fails_with_its_uploads(
        self, api: Api, user: User, algorithm: Any, cancelled: bool
    ) -> None:
        upload = make_upload(owner=user, content=b"no image", filename="a.txt")
        value = {"interface": "medical-image", "user_uploads": [f"/api/v1/uploads/{upload.pk}/"]}
        started = start(api, algorithm, value)
        source = Import.objects.get()
        if cancelled:
            cancel_import(actor=user, source=source)
        else:
            run_import(source.pk)
        shown = api.get(f"algorithms/jobs/{started['pk']}/")
        assert shown["status"] == "Failed"
        assert "could not be imported" in shown["error_message"]

    def test_inputs_must_fit(self, api: Api, user: User, algorithm: Any) -> None:
        ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
        age = {"interface": "age", "value": 3}
        for inputs in ([], [age], [image_input(user), age]):
            problem = start(api, algorithm, *inputs, status=400)
            assert "medical-image" in problem["fields"]["inputs"][0]
        start(api, algorithm, image_input(user), image_input(user), status=400)
        assert not Job.objects.exists()

    def test_without_a_version(self, api: Api, user: User) -> None:
        start(api, make_algorithm(editor=user, versions=0), image_input(user), status=409)

    def test_strangers(self, api: Api, other: Api, user: User, algorithm: Any) -> None:
        job = start(api, algorithm, image_input(user))
        for path in ("", "log/", "log/stream/"):
            other.get(f"algorithms/jobs/{job['pk']}/{path}", status=404)
        other.post(f"algorithms/jobs/{job['pk']}/cancel/", None, status=404)
        assert other.get("algorithms/jobs/")["count"] == 0

    def test_cancelled(self, api: Api, user: User, algorithm: Any) -> None:
        job = start(api, algorithm, image_input(user))
        done = api.post(f"algorithms/jobs/{job['pk']}/cancel/", None, status=200)
        assert done["status"] == "Cancelled"

    def test_its_log(self, api: Api, user: User, algorithm: Any) -> None:
        job = start(api, algorithm, image_input(user))
        Job.objects.filter(pk=job["pk"]).update(log="hello ä\n")
        response = api.call("GET", f"algorithms/jobs/{job['pk']}/log/", accept="text/plain")
        assert response["Content-Type"].startswith("text/plain")
        assert response.content.decode() == "hello ä\n"
        as_json = api.call("GET", f"algorithms/jobs/{job['pk']}/log/", accept="application/json")
        assert as_json["Content-Type"] == "application/json"
        assert as_json.json() == "hello ä\n"

    @pytest.mark.django_db(transaction=True)
    def test_its_log_as_it_grows(
        self,
        user: User,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        algorithm = make_algorithm(editor=user)
        job = Job.objects.get(pk=start(Api(user), algorithm, image_input(user))["pk"])

        async def read() -> list[tuple[str, Any]]:
            events = []
            async for event in follow(user, job.pk):
                name, data = event.strip().split("\n")
                events.append((name[7:], json.loads(data[6:])))
                if len(events) == 1:
                    await Job.objects.filter(pk=job.pk).aupdate(log="one\n")
                if len(events) == 2:
                    await Job.objects.filter(pk=job.pk).aupdate(
                        log="one\ntwo\n", state=Job.State.SUCCEEDED
                    )
            return events

        assert asyncio.run(read()) == [
            ("state", {"state": "QUEUED", "reason": ""}),
            ("log", {"text": "one\n", "whole": False}),
            ("log", {"text": "two\n", "whole": False}),
            ("state", {"state": "SUCCEEDED", "reason": ""}),
            ("end", {"state": "SUCCEEDED"}),
        ]


def test_warm_containers_have_their_shape(api: Api) -> None:
    for name in ("endpoints", "invocations"):
        assert api.get(f"algorithms/{name}/") == {
            "count": 0,
            "next": None,
            "previous": None,
            "results": [],
        }
        api.get(f"algorithms/{name}/1/", status=404)
        api.post(f"algorithms/{name}/", {}, status=400)
