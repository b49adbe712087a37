"""The try-out page: inputs of every kind, and what is said before anything runs."""

import json

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmRun, BatchCase, RunBatch
from algorithms.policies import RUNS
from app.accounts.models import User
from app.accounts.services import grant_role
from app.execution.models import Job
from app.images.models import Import
from app.images.services import run_import
from app.sockets.models import Socket
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket, json_value
from archives.models import ArchiveItem
from archives.services import add_item
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive, make_item
from tests.factories.images import make_upload


def socket(slug: str, kind: str, **fields: object) -> Socket:
    return ensure_socket(slug=slug, title=slug, kind=kind, relative_path=f"in/{slug}", **fields)


def address(algorithm: Algorithm, **query: str) -> str:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('algorithms:try_out', args=[algorithm.pk])}?{words}"


@pytest.fixture
def item(user: User) -> ArchiveItem:
    return make_item(make_archive(editor=user), title="Thorax 1")


class TestValues:
    @pytest.mark.parametrize(
        ("kind", "given", "stored"),
        [
            ("STR", " a text ", " a text "),
            ("INT", "-3", -3),
            ("FLT", "1.5", 1.5),
            ("BOOL", "false", False),
            ("JSON", '{"a": [1]}', {"a": [1]}),
        ],
    )
    def test_are_taken_by_their_kind(
        self, signed_in: Client, user: User, kind: str, given: str, stored: object
    ) -> None:
        algorithm = make_algorithm(editor=user, inputs=[socket("wanted", kind)])
        response = signed_in.post(address(algorithm), {"input-wanted": given})
        run = AlgorithmRun.objects.get()
        assert response["Location"] == reverse("algorithms:run", args=[run.pk])
        assert run.job.inputs.get().value == stored
        assert run.job.state == Job.State.QUEUED

    @pytest.mark.parametrize(
        ("kind", "given"),
        [
            *[("INT", "1.5"), ("FLT", "much"), ("BOOL", ""), ("JSON", "{"), ("2DBB", "{}")],
            *[("STR", ""), ("JSON", "NaN"), ("JSON", "1e999"), ("JSON", '{"\\u0000": 1}')],
            *[("JSON", '["\\ud800"]'), ("JSON", '{"\\ud800": 1}')],
            pytest.param("JSON", "1" * 5000, id="digits"),
            pytest.param("JSON", "[" * 100_000, id="depth"),
        ],
    )
    def test_what_does_not_fit_is_said_beside_the_field(
        self, signed_in: Client, user: User, kind: str, given: str
    ) -> None:
        algorithm = make_algorithm(editor=user, inputs=[socket("wanted", kind)])
        response = signed_in.post(address(algorithm), {"input-wanted": given})
        assert response.context["form"].errors["input-wanted"]
        assert not AlgorithmRun.objects.exists()

    def test_choices_are_those_of_the_schema(self, signed_in: Client, user: User) -> None:
        side = socket("side", "CHOI", schema={"enum": ["Left", "Right"]})
        signs = socket("signs", "MCHO", schema={"items": {"enum": ["A", "B"]}})
        algorithm = make_algorithm(editor=user, inputs=[side, signs])
        wrong = signed_in.post(address(algorithm), {"input-side": "Up", "input-signs": ["C"]})
        assert set(wrong.context["form"].errors) == {"input-side", "input-signs"}
        signed_in.post(address(algorithm), {"input-side": "Left", "input-signs": ["A", "B"]})
        values = {value.socket.slug: value.value for value in Job.objects.get().inputs.all()}
        assert values == {"side": "Left", "signs": ["A", "B"]}


def test_uploaded_images_are_imported_first(signed_in: Client, user: User) -> None:
    algorithm = make_algorithm(editor=user)
    upload = make_upload(owner=user, content=b"x", filename="ct.mha")
    page = address(algorithm, source="upload")
    assert b"data-uploader" in signed_in.get(page).content
    signed_in.post(page, {"input-medical-image": str(upload.pk)})
    run = AlgorithmRun.objects.get()
    assert (run.title, run.job.state) == ("ct.mha", Job.State.VALIDATING_INPUTS)
    assert Import.objects.get().destination_id == run.job_id


def test_an_import_that_failed_is_linked_from_its_run(
    signed_in: Client, user: User, stranger: User
) -> None:
    algorithm = make_algorithm(editor=user)
    upload = make_upload(owner=user, content=b"no image", filename="ct.mha")
    signed_in.post(address(algorithm, source="upload"), {"input-medical-image": str(upload.pk)})
    source, run = Import.objects.get(), AlgorithmRun.objects.get()
    page = reverse("algorithms:run", args=[run.pk])
    account = reverse("images:import", args=[source.pk])
    assert account in signed_in.get(page).content.decode(), "while it is under way"
    run_import(source.pk)
    run.job.refresh_from_db()
    assert run.job.state == Job.State.FAILED
    text = signed_in.get(page).content.decode()
    assert "An input could not be imported" in text
    assert account in text
    assert "ct.mha" in signed_in.get(account).content.decode()
    grant_role(RUNS, actor=None, obj=run, user=stranger, role="VIEWER")
    client = Client()
    client.force_login(stranger)
    assert account not in client.get(page).content.decode(), "an import is its owner's"


def test_somebody_elses_uploads_are_not_taken(
    signed_in: Client, user: User, stranger: User
) -> None:
    algorithm = make_algorithm(editor=user)
    upload = make_upload(owner=stranger, content=b"x", filename="ct.mha")
    response = signed_in.post(
        address(algorithm, source="upload"), {"input-medical-image": str(upload.pk)}
    )
    assert response.context["form"].errors
    assert not Job.objects.exists()


class TestCases:
    def test_what_a_case_lacks_can_be_given(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        age = socket("age", "INT")
        algorithm = make_algorithm(editor=user, inputs=[medical_image_socket(), age])
        page = address(algorithm, archive=str(item.archive_id))
        assert b"Has no age: give it below" in signed_in.get(page).content
        refused = signed_in.post(page, {"items": [item.pk]})
        assert "has nothing for the input “age”" in refused.content.decode()
        signed_in.post(page, {"items": [item.pk], "input-age": "63"})
        run = AlgorithmRun.objects.get()
        assert {value.value for value in run.job.inputs.all()} == {None, 63}
        assert run.item == item

    def test_a_file_beside_a_case(self, signed_in: Client, user: User, item: ArchiveItem) -> None:
        table = socket("table", "CSV")
        algorithm = make_algorithm(editor=user, inputs=[medical_image_socket(), table])
        upload = make_upload(owner=user, content=b"a,b\n1,2\n", filename="t.csv")
        page = address(algorithm, archive=str(item.archive_id))
        signed_in.post(page, {"items": [item.pk], "input-table": str(upload.pk)})
        run = AlgorithmRun.objects.get()
        assert run.job.inputs.count() == 2
        assert (run.title, run.job.state) == ("Thorax 1", Job.State.QUEUED)

    def test_a_case_that_has_nothing_cannot_be_chosen(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        add_item(actor=user, archive=item.archive, title="Empty", values=[])
        page = signed_in.get(address(make_algorithm(editor=user), archive=str(item.archive_id)))
        assert page.content.decode().count(" disabled") == 1
        assert b"Has no " in page.content

    def test_only_cases_of_the_archive(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        foreign = make_item(make_archive())
        response = signed_in.post(
            address(make_algorithm(editor=user), archive=str(item.archive_id)),
            {"items": [foreign.pk, "nonsense"]},
        )
        assert b"Choose at least one case." in response.content
        assert not Job.objects.exists()


class TestBefore:
    def test_costs_and_caps_are_said(
        self, signed_in: Client, user: User, item: ArchiveItem, settings: LazySettings
    ) -> None:
        settings.JOB_TIME_LIMIT, settings.RUN_CREDITS_PER_MONTH = 600, 25
        settings.RUNS_PER_PERSON = 7
        algorithm = make_algorithm(public=True)
        page = address(algorithm, archive=str(item.archive_id))
        text = " ".join(signed_in.get(page).content.decode().split())
        for words in ("10 credits", "25 credits", "0 of 7 runs of yours", "10 min"):
            assert words in text
        signed_in.post(page, {"items": [item.pk]})
        settings.RUNS_PER_PERSON = 1
        text = signed_in.get(page).content.decode()
        assert "Nothing can start now" in text
        assert "15 credits" in text
        refused = signed_in.post(page, {"items": [item.pk]})
        assert b"1 are allowed at a time" in refused.content
        assert AlgorithmRun.objects.count() == 1

    def test_many_cases_are_confirmed_first(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        algorithm = make_algorithm(editor=user)
        for title in ("Thorax 2", "Abdomen"):
            make_item(item.archive, title=title)
        add_item(actor=user, archive=item.archive, title="Empty", values=[])
        make_run(algorithm, creator=user, item=item)
        page = address(algorithm, archive=str(item.archive_id))
        asked = signed_in.post(page, {"scope": "all"})
        assert not RunBatch.objects.exists()
        plan = asked.context["plan"]
        assert [one.item.title for one in plan.done_before] == ["Thorax 1"]
        assert [one.item.title for one in plan.impossible] == ["Empty"]
        assert {one.item.title for one in plan.to_run} == {"Thorax 2", "Abdomen"}
        response = signed_in.post(page, dict(asked.context["sent"]) | {"confirmed": "yes"})
        batch = RunBatch.objects.get()
        assert response["Location"] == reverse("algorithms:batch", args=[batch.pk])
        states = {case.title: case.state for case in batch.cases.all()}
        assert states["Thorax 1"] == BatchCase.State.SKIPPED
        assert states["Empty"] == BatchCase.State.REFUSED
        assert states["Abdomen"] == BatchCase.State.WAITING

    def test_what_is_confirmed_twice_starts_once(
        self, signed_in: Client, user: User, stranger: User, item: ArchiveItem
    ) -> None:
        make_item(item.archive, title="Thorax 2")
        page = address(make_algorithm(editor=user), archive=str(item.archive_id))
        asked = signed_in.post(page, {"scope": "all"})
        key = str(asked.context["key"])
        assert f'value="{key}"' in asked.content.decode()
        confirmed = {"scope": "all", "confirmed": "yes", "key": key}
        answers = [signed_in.post(page, confirmed)["Location"] for _ in range(2)]
        assert answers == [reverse("algorithms:batch", args=[key])] * 2
        assert BatchCase.objects.count() == 2
        RunBatch.objects.update(creator=stranger)
        assert signed_in.post(page, confirmed).status_code == 404
        assert BatchCase.objects.count() == 2

    def test_a_search_narrows_what_all_means(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        for title in ("Thorax 2", "Abdomen"):
            make_item(item.archive, title=title)
        page = address(make_algorithm(editor=user), archive=str(item.archive_id), q="thorax")
        assert "Run on all 2 cases" in signed_in.get(page).content.decode()
        signed_in.post(page, {"scope": "all", "q": "thorax", "confirmed": "yes"})
        titles = RunBatch.objects.get().cases.values_list("title", flat=True)
        assert set(titles) == {"Thorax 1", "Thorax 2"}


class TestInterfaces:
    @pytest.fixture
    def algorithm(self, user: User) -> Algorithm:
        algorithm = make_algorithm(editor=user)
        second = AlgorithmInterface.objects.create(algorithm=algorithm)
        second.inputs.set([socket("age", "INT")])
        second.outputs.set([socket("score", "FLT")])
        return algorithm

    def test_one_is_chosen(self, signed_in: Client, algorithm: Algorithm) -> None:
        second = algorithm.interfaces.order_by("pk").last()
        assert second is not None
        assert f"interface={second.pk}" in signed_in.get(address(algorithm)).content.decode()
        signed_in.post(address(algorithm, interface=str(second.pk)), {"input-age": "5"})
        run = AlgorithmRun.objects.get()
        assert (run.interface, json.dumps(run.job.inputs.get().value)) == (second, "5")

    @pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000"])
    def test_no_other(self, signed_in: Client, algorithm: Algorithm, key: str) -> None:
        assert signed_in.get(address(algorithm, interface=key)).status_code == 404


def test_values_of_a_case_come_before_those_of_the_form(
    signed_in: Client, user: User, item: ArchiveItem
) -> None:
    age = socket("age", "INT")
    algorithm = make_algorithm(editor=user, inputs=[medical_image_socket(), age])
    item.values.add(json_value(socket=age, value=40))
    page = address(algorithm, archive=str(item.archive_id))
    signed_in.post(page, {"items": [item.pk], "input-age": "63"})
    assert 40 in {value.value for value in Job.objects.get().inputs.all()}
