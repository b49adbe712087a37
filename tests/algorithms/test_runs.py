"""Runs: which values an algorithm gets, and what people are told."""

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.models import AlgorithmRun
from algorithms.selectors import interface_of
from algorithms.services import start_try_outs
from algorithms.services.runs import inputs_for
from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.execution.models import ContainerImage, Job
from app.notifications.models import Notification
from app.sockets.models import Socket
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket, image_value, json_value
from archives.models import ArchiveItem
from archives.services import add_item
from tests.factories.algorithms import make_algorithm, make_run, make_version
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import fail_job, succeed
from tests.factories.images import make_image


def socket(slug: str, kind: str) -> Socket:
    return ensure_socket(slug=slug, title=slug, kind=kind, relative_path=f"in/{slug}")


@pytest.fixture
def item(user: User) -> ArchiveItem:
    return make_item(make_archive(editor=user), title="Thorax 1")


class TestInputs:
    def test_by_socket(self, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(editor=user)
        assert inputs_for(interface_of(algorithm), item) == list(item.values.all())

    def test_an_image_for_an_image(self, user: User, item: ArchiveItem) -> None:
        ct = socket("ct-thorax", "IMG")
        algorithm = make_algorithm(editor=user, inputs=[ct])
        (value,) = inputs_for(interface_of(algorithm), item)
        assert (value.socket, value.image) == (ct, item.images[0])
        assert inputs_for(interface_of(algorithm), item) == [value], (
            "the same value is not made twice"
        )

    def test_the_right_one_of_several(self, user: User) -> None:
        ct, pet = socket("ct-thorax", "IMG"), socket("pet-thorax", "IMG")
        archive = make_archive(editor=user)
        values = [image_value(socket=s, image=make_image(name=s.slug)) for s in (ct, pet)]
        item = add_item(actor=user, archive=archive, title="Both", values=values)
        algorithm = make_algorithm(editor=user, inputs=[pet, ct])
        assert set(inputs_for(interface_of(algorithm), item)) == set(values)

    @pytest.mark.parametrize("kind", ["SEG", "STR", "FLT", "JSON"])
    def test_nothing_else_is_made_up(self, user: User, item: ArchiveItem, kind: str) -> None:
        algorithm = make_algorithm(editor=user, inputs=[socket("wanted", kind)])
        with pytest.raises(ValidationFailed, match="has nothing for the input"):
            inputs_for(interface_of(algorithm), item)

    def test_values_beside_the_image(self, user: User, item: ArchiveItem) -> None:
        age = socket("age", "FLT")
        algorithm = make_algorithm(editor=user, inputs=[medical_image_socket(), age])
        value = json_value(socket=age, value=63.5)
        item.values.add(value)
        assert value in inputs_for(interface_of(algorithm), item)


class TestTryOuts:
    def test_the_newest_ready_version(self, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(editor=user, versions=2)
        make_version(algorithm, state=ContainerImage.State.INVALID)
        (run,) = start_try_outs(actor=user, algorithm=algorithm, items=[item])
        assert (run.version.number, run.title, run.try_out) == (2, "Thorax 1", True)
        assert run.job.state == Job.State.QUEUED
        assert (run.job.creator, list(run.job.inputs.all())) == (user, list(item.values.all()))

    def test_without_one(self, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(editor=user, versions=0)
        with pytest.raises(Conflict, match="no version that can run"):
            start_try_outs(actor=user, algorithm=algorithm, items=[item])

    def test_all_or_none(self, user: User, item: ArchiveItem) -> None:
        empty = add_item(actor=user, archive=item.archive, title="Empty", values=[])
        algorithm = make_algorithm(editor=user)
        with pytest.raises(ValidationFailed, match="Empty"):
            start_try_outs(actor=user, algorithm=algorithm, items=[item, empty])
        assert not AlgorithmRun.objects.exists()
        assert not Job.objects.exists()

    def test_through_the_page(self, signed_in: Client, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(editor=user)
        address = reverse("algorithms:try_out", args=[algorithm.pk])
        chosen = f"{address}?archive={item.archive.pk}"
        assert (
            b"Choose at least one case."
            in signed_in.post(chosen, {"csrfmiddlewaretoken": "x"}).content
        )
        response = signed_in.post(chosen, {"items": [item.pk]})
        run = AlgorithmRun.objects.get()
        assert response["Location"] == reverse("algorithms:run", args=[run.pk])
        for archive in ("x", "\x00", "", "1" * 4000):
            assert signed_in.get(address, {"archive": archive}).status_code in {200, 404}

    def test_what_a_case_lacks_is_said_on_the_form(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        algorithm = make_algorithm(editor=user, inputs=[socket("age", "FLT")])
        address = reverse("algorithms:try_out", args=[algorithm.pk])
        response = signed_in.post(f"{address}?archive={item.archive.pk}", {"items": [item.pk]})
        assert response.status_code == 200
        assert "has nothing for the input" in response.content.decode()


class TestEnds:
    def test_whoever_started_is_told(self, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(editor=user, title="Finder")
        runs = start_try_outs(actor=user, algorithm=algorithm, items=[item, item])
        succeed(runs[0].job)
        fail_job(runs[1].job)
        texts = set(Notification.objects.filter(user=user).values_list("text", flat=True))
        assert texts == {"Finder on Thorax 1 is done.", "Finder on Thorax 1 did not succeed."}

    @pytest.mark.parametrize("state", Job.State.values)
    def test_every_state_has_a_page(
        self, signed_in: Client, user: User, item: ArchiveItem, state: str
    ) -> None:
        run = make_run(make_algorithm(editor=user), creator=user, item=item, state=state)
        Job.objects.filter(pk=run.job.pk).update(reason="<why>", advice="Do that.", log="a<b>\n")
        response = signed_in.get(reverse("algorithms:run", args=[run.pk]))
        assert response.status_code == 200
        text = response.content.decode()
        assert ("hx-trigger" in text) is (state not in Job.MACHINE.final)
        assert "a&lt;b&gt;" in text
        assert "<why>" not in text

    def test_cancelled_through_the_page(
        self, signed_in: Client, user: User, item: ArchiveItem
    ) -> None:
        (run,) = start_try_outs(actor=user, algorithm=make_algorithm(editor=user), items=[item])
        for _ in range(2):
            signed_in.post(reverse("algorithms:cancel_run", args=[run.pk]))
        run.job.refresh_from_db()
        assert run.job.state == Job.State.CANCELLED
