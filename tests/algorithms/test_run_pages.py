"""The page of a run as it grows, and what people do with a run."""

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.models import (
    Algorithm,
    AlgorithmRun,
    AlgorithmVersion,
    CreditCharge,
    RunMember,
    Stage,
)
from algorithms.progress import steps_of, usage_of
from algorithms.services import rerun, start_reproduction, start_try_outs
from algorithms.services.credits import refund_faults
from app.accounts.models import User
from app.core.errors import Conflict, LimitReached
from app.execution.models import Job
from app.images.models import Image
from app.sockets.services import ensure_socket, json_value
from archives.models import ArchiveItem
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm, make_run, make_version
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import succeed
from tests.factories.studies import make_study

State = Job.State


@pytest.fixture
def item(user: User) -> ArchiveItem:
    return make_item(make_archive(editor=user), title="Thorax 1")


@pytest.fixture
def run(user: User, item: ArchiveItem) -> AlgorithmRun:
    algorithm = make_algorithm(public=True, title="Finder")
    return make_run(algorithm, creator=user, item=item, state=State.EXECUTING)


def page(run: AlgorithmRun, name: str = "run") -> str:
    return reverse(f"algorithms:{name}", args=[run.pk])


class TestLive:
    def test_only_what_is_new_of_the_log(self, signed_in: Client, run: AlgorithmRun) -> None:
        Job.objects.filter(pk=run.job_id).update(log="one\n<two>\n", log_size=10)
        whole = signed_in.get(page(run)).content.decode()
        assert "one\n&lt;two&gt;" in whole
        assert "after=10" in whole
        Job.objects.filter(pk=run.job_id).update(log="one\n<two>\nthree\n", log_size=16)
        more = signed_in.get(page(run, "run_live"), {"after": "10"}).content.decode()
        assert "three" in more
        assert "two" not in more
        assert "after=16" in more
        for nonsense in ("-1", "x", "9" * 40, "\x00"):
            assert signed_in.get(page(run, "run_live"), {"after": nonsense}).status_code == 200

    def test_the_end_brings_the_whole_page(self, signed_in: Client, run: AlgorithmRun) -> None:
        assert b"load delay" in signed_in.get(page(run, "run_live")).content
        Job.objects.filter(pk=run.job_id).update(state=State.FAILED, reason="Out of <memory>")
        ended = signed_in.get(page(run, "run_live")).content.decode()
        assert f'hx-get="{page(run)}"' in ended
        assert "load delay" not in ended
        assert "Out of &lt;memory&gt;" in signed_in.get(page(run)).content.decode()

    def test_the_curve_has_words_beside_it(self, signed_in: Client, run: AlgorithmRun) -> None:
        usage = [[0, 0.5, 2**20], [10, 9.0, 2**40], [20, 0.25, 2**30]]
        Job.objects.filter(pk=run.job_id).update(usage=usage)
        text = signed_in.get(page(run)).content.decode()
        assert "polyline" in text
        assert "style=" not in text
        run.job.refresh_from_db()
        found = usage_of(run.job)
        assert found is not None
        assert "now 25%, at most 900%" in found.processor.words
        assert "now 1 GiB" in found.memory.words
        for place in found.memory.points.split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= 300
            assert 0 <= y <= 80

    @pytest.mark.parametrize("state", State.values)
    def test_stages(self, run: AlgorithmRun, state: str) -> None:
        job = run.job
        job.state = state
        states = [step.state for step in steps_of(job)]
        assert ("current" in states) is (not job.is_finished)
        assert states.count("current") <= 1

    def test_a_run_without_its_inputs_ended_at_checking_them(self, run: AlgorithmRun) -> None:
        job = run.job
        job.state, job.reason_code, job.started_at = State.FAILED, "input", None
        assert [step.state for step in steps_of(job)][:3] == ["failed", "missed", "missed"]


class TestSharing:
    def test_with_a_named_person(
        self, signed_in: Client, run: AlgorithmRun, stranger: User
    ) -> None:
        other = sign_in(Client(), stranger)
        assert other.get(page(run)).status_code == 404
        people = {"key": "run", "pk": run.pk}
        signed_in.post(
            reverse("accounts:add_person", kwargs=people),
            {"username": stranger.username, "role": "VIEWER"},
        )
        assert other.get(page(run)).status_code == 200
        for name in ("cancel_run", "edit_run", "run_again", "reproduce_run"):
            assert other.post(page(run, name)).status_code == 404
        signed_in.post(reverse("accounts:remove_person", kwargs=people | {"user_pk": stranger.pk}))
        assert other.get(page(run)).status_code == 404

    def test_what_it_shows_of_the_inputs(self, run: AlgorithmRun, stranger: User) -> None:
        RunMember.objects.create(target=run, user=stranger, role="VIEWER")
        (image,) = [value.image for value in run.job.inputs.all()]
        assert image is not None
        assert str(image.pk) not in sign_in(Client(), stranger).get(page(run)).content.decode()
        assert not Image.objects.visible_to(stranger).filter(pk=image.pk).exists()

    def test_kept_from_the_editors(self, signed_in: Client, run: AlgorithmRun) -> None:
        editor = sign_in(Client(), run.version.algorithm.memberships.get(role="EDITOR").user)
        assert editor.get(page(run)).status_code == 200
        signed_in.post(page(run, "edit_run"), {"title": "Mine", "comment": "A <note>"})
        run.refresh_from_db()
        assert (run.title, run.for_editors) == ("Mine", False)
        assert editor.get(page(run)).status_code == 404
        assert "A &lt;note&gt;" in signed_in.get(page(run)).content.decode()


class TestAgain:
    def test_with_a_chosen_version(self, signed_in: Client, run: AlgorithmRun) -> None:
        second = make_version(run.version.algorithm)
        signed_in.post(page(run, "run_again"), {"version": str(second.pk)})
        made = AlgorithmRun.objects.get(repeats=run)
        assert made.version == second
        assert set(made.job.inputs.all()) == set(run.job.inputs.all())
        assert signed_in.get(page(made)).context["repeats"] == run

    def test_no_version_of_another_algorithm(self, signed_in: Client, run: AlgorithmRun) -> None:
        foreign = make_algorithm(public=True).versions.get()
        response = signed_in.post(page(run, "run_again"), {"version": str(foreign.pk)})
        assert response.context["form"].errors

    def test_no_retired_version(self, signed_in: Client, user: User, run: AlgorithmRun) -> None:
        second = make_version(run.version.algorithm)
        AlgorithmVersion.objects.filter(pk=run.version.pk).update(stage=Stage.RETIRED)
        response = signed_in.post(page(run, "run_again"), {"version": str(run.version.pk)})
        assert response.context["form"].errors
        with pytest.raises(Conflict, match="was retired"):
            rerun(actor=user, run=run, version=run.version)
        assert rerun(actor=user, run=run).version == second

    def test_not_with_images_that_one_no_longer_sees(
        self, signed_in: Client, run: AlgorithmRun, item: ArchiveItem
    ) -> None:
        item.archive.memberships.all().delete()
        version = str(run.version.pk)
        response = signed_in.post(page(run, "run_again"), {"version": version})
        assert "no longer use an image" in response.content.decode()
        assert AlgorithmRun.objects.count() == 1

    def test_not_by_who_may_only_look_at_its_images(
        self, user: User, stranger: User, item: ArchiveItem
    ) -> None:
        """A reader of a study sees its images, but gives them to no algorithm."""
        make_study(editor=user, archive=item.archive, readers=[stranger])
        (image,) = item.images
        assert Image.objects.visible_to(stranger).filter(pk=image.pk).exists()
        run = make_run(make_algorithm(public=True), creator=stranger, item=item)
        for again in (rerun, start_reproduction):
            with pytest.raises(Conflict, match="no longer use an image"):
                again(actor=stranger, run=run)
        assert Job.objects.count() == 1


class TestReproducing:
    def test_counts_as_a_run(self, user: User, item: ArchiveItem, settings: object) -> None:
        settings.RUNS_PER_PERSON = 1  # type: ignore[attr-defined]
        algorithm = make_algorithm(public=True)
        (run,) = start_try_outs(actor=user, algorithm=algorithm, items=[item])
        with pytest.raises(LimitReached):
            start_reproduction(actor=user, run=run)
        succeed(run.job)
        job = start_reproduction(actor=user, run=run)
        assert job.reproduces == run.job
        assert job.charge.credits == run.job.charge.credits > 0
        with pytest.raises(LimitReached):
            start_reproduction(actor=user, run=run)

    def test_only_what_succeeded(self, user: User, run: AlgorithmRun) -> None:
        with pytest.raises(Conflict):
            start_reproduction(actor=user, run=run)
        assert not CreditCharge.objects.exists()

    def test_can_be_cancelled(self, signed_in: Client, user: User, item: ArchiveItem) -> None:
        """It holds one of the person's places, so there has to be a way to give that back."""
        (run,) = start_try_outs(actor=user, algorithm=make_algorithm(public=True), items=[item])
        succeed(run.job)
        job = start_reproduction(actor=user, run=run)
        assert f'action="{page(run, "cancel_run")}"' in signed_in.get(page(run)).content.decode()
        signed_in.post(page(run, "cancel_run"))
        job.refresh_from_db()
        run.job.refresh_from_db()
        assert (job.state, run.job.state) == (State.CANCELLED, State.SUCCEEDED)
        assert job.charge.refunded_at is not None
        assert page(run, "cancel_run") not in signed_in.get(page(run)).content.decode()

    def test_our_faults_are_given_back_later(self, user: User, item: ArchiveItem) -> None:
        (run,) = start_try_outs(actor=user, algorithm=make_algorithm(public=True), items=[item])
        succeed(run.job)
        job = start_reproduction(actor=user, run=run)
        Job.objects.filter(pk=job.pk).update(state=State.FAILED, reason_code="platform")
        refund_faults()
        assert CreditCharge.objects.get(job=job).refunded_at is not None
        assert CreditCharge.objects.get(job=run.job).refunded_at is None


def test_the_record_tells_where_results_come_from(signed_in: Client, run: AlgorithmRun) -> None:
    found = signed_in.get(page(run, "run_record")).json()
    assert found["container_image"]["digest"] == run.job.container_image.digest
    assert found["limits"]["wall_clock"] > 0
    assert found["inputs"][0]["socket"] == "medical-image"


def test_the_viewer_is_offered_only_where_it_has_something_to_show(
    signed_in: Client, user: User, item: ArchiveItem
) -> None:
    run = make_run(make_algorithm(editor=user), creator=user, item=item)
    viewer = reverse("viewer:open", args=["run", run.pk])
    assert viewer in signed_in.get(page(run)).content.decode()
    socket = ensure_socket(slug="x", title="X", kind="INT", relative_path="x.json")
    run.job.inputs.set([])
    run.job.outputs.set([json_value(socket=socket, value=1)])
    assert viewer not in signed_in.get(page(run)).content.decode()


class TestMyRuns:
    @pytest.fixture
    def runs(self, user: User, item: ArchiveItem) -> list[AlgorithmRun]:
        algorithm = make_algorithm(public=True, title="Finder")
        states = (State.QUEUED, State.FAILED, State.SUCCEEDED)
        return [make_run(algorithm, creator=user, item=item, state=state) for state in states]

    def test_filters(self, signed_in: Client, user: User, runs: list[AlgorithmRun]) -> None:
        make_run(runs[0].version.algorithm, creator=UserFactory(), item=make_item(make_archive()))
        address = reverse("algorithms:runs")
        for query, expected in (
            ({}, 3),
            ({"state": "active"}, 1),
            ({"state": "FAILED"}, 1),
            ({"since": "1"}, 3),
            ({"algorithm": str(runs[0].version.algorithm_id)}, 3),
            ({"q": "nothing"}, 0),
            ({"state": "x", "since": "x", "algorithm": "x"}, 3),
        ):
            text = signed_in.get(address, query).content.decode()
            assert text.count("data-run=") == expected, query

    def test_several_at_once(
        self, signed_in: Client, stranger: User, runs: list[AlgorithmRun]
    ) -> None:
        foreign = make_run(
            runs[0].version.algorithm,
            creator=stranger,
            item=make_item(make_archive()),
            state=State.QUEUED,
        )
        keys = [str(run.pk) for run in (*runs, foreign)]
        signed_in.post(reverse("algorithms:runs"), {"do": "cancel", "runs": keys})
        for run, state in ((runs[0], State.CANCELLED), (foreign, State.QUEUED)):
            run.job.refresh_from_db()
            assert run.job.state == state
        signed_in.post(reverse("algorithms:runs"), {"do": "again", "runs": [*keys, "x"]})
        assert not AlgorithmRun.objects.filter(repeats__isnull=False).exists()
        signed_in.post(reverse("algorithms:runs"), {"do": "again", "runs": keys})
        assert AlgorithmRun.objects.get(repeats__isnull=False).repeats == runs[1]

    def test_again_asks_whether_one_may_still_run_it(
        self, signed_in: Client, runs: list[AlgorithmRun]
    ) -> None:
        Algorithm.objects.update(public=False)
        keys = [str(run.pk) for run in runs]
        page = signed_in.post(
            reverse("algorithms:runs"), {"do": "again", "runs": keys}, follow=True
        )
        assert "0 of 1 run again" in page.content.decode()
        assert not AlgorithmRun.objects.filter(repeats__isnull=False).exists()
