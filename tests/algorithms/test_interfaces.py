"""Several interfaces of one algorithm: added, withdrawn, offered again, and never lost."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmRun
from algorithms.selectors import interface_of, interfaces_of
from algorithms.services import (
    add_interface,
    feed_batch,
    offer_interface,
    plan_cases,
    remove_interface,
    rerun,
    start_batch,
    start_try_outs,
)
from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.sockets.selectors import medical_image_socket, metrics_socket, segmentation_socket
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.challenges import succeed

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(user: User) -> Algorithm:
    return make_algorithm(editor=user)


def add(algorithm: Algorithm, user: User) -> AlgorithmInterface:
    return add_interface(
        actor=user,
        algorithm=algorithm,
        inputs=[metrics_socket()],
        outputs=[segmentation_socket()],
    )


def test_one_that_takes_the_same_is_refused(algorithm: Algorithm, user: User) -> None:
    with pytest.raises(ValidationFailed) as caught:
        add_interface(
            actor=user,
            algorithm=algorithm,
            inputs=[medical_image_socket()],
            outputs=[metrics_socket()],
        )
    assert "inputs" in caught.value.fields


def test_the_only_one_stays(algorithm: Algorithm, user: User) -> None:
    with pytest.raises(Conflict):
        remove_interface(actor=user, interface=interface_of(algorithm))


def test_without_runs_it_is_deleted(algorithm: Algorithm, user: User) -> None:
    assert remove_interface(actor=user, interface=add(algorithm, user))
    assert algorithm.interfaces.count() == 1


def test_with_results_it_is_withdrawn_and_can_come_back(algorithm: Algorithm, user: User) -> None:
    second, first = add(algorithm, user), interface_of(algorithm)
    run = make_run(algorithm, creator=user, item=make_archive(cases=1).items.get())
    run.interface = first
    run.save()
    assert not remove_interface(actor=user, interface=first)
    assert list(interfaces_of(algorithm)) == [second]
    offer_interface(actor=user, interface=first)
    assert interfaces_of(algorithm).count() == 2
    run.refresh_from_db()
    assert run.interface == first


def test_on_the_page(algorithm: Algorithm, user: User, client: Client) -> None:
    client.force_login(user)
    body = {"inputs": ["metrics-json-file"], "outputs": ["segmentation"]}
    metrics_socket()
    client.post(reverse("algorithms:add_interface", args=[algorithm.pk]), body)
    assert interfaces_of(algorithm).count() == 2
    again = client.post(reverse("algorithms:add_interface", args=[algorithm.pk]), body)
    assert b"takes exactly these" in again.content
    second = interfaces_of(algorithm)[1]
    client.post(reverse("algorithms:remove_interface", args=[second.pk]))
    assert interfaces_of(algorithm).count() == 1


class TestWithdrawn:
    @pytest.fixture
    def run(self, algorithm: Algorithm, user: User) -> AlgorithmRun:
        item = make_archive(editor=user, cases=1).items.get()
        (run,) = start_try_outs(actor=user, algorithm=algorithm, items=[item])
        succeed(run.job)
        add(algorithm, user)
        assert run.interface is not None
        remove_interface(actor=user, interface=run.interface)
        return run

    def test_takes_no_run_again(self, run: AlgorithmRun, user: User) -> None:
        with pytest.raises(Conflict, match="withdrawn"):
            rerun(actor=user, run=run)
        with pytest.raises(Conflict, match="withdrawn"):
            start_try_outs(
                actor=user,
                algorithm=run.version.algorithm,
                items=[run.item] if run.item else [],
                interface=run.interface,
            )

    def test_another_one_takes_over(self, run: AlgorithmRun, user: User) -> None:
        other = add_interface(
            actor=user,
            algorithm=run.version.algorithm,
            inputs=[medical_image_socket()],
            outputs=[metrics_socket()],
        )
        assert rerun(actor=user, run=run).interface == other

    def test_ends_a_batch_that_uses_it(self, algorithm: Algorithm, user: User) -> None:
        """Also one that has not started a run: it must not go on through another interface."""
        archive, version = make_archive(editor=user, cases=2), algorithm.versions.get()
        second, first = add(algorithm, user), interface_of(algorithm)
        items = archive.items.order_by("title")
        plans = plan_cases(user=user, version=version, interface=first, items=items)
        batch = start_batch(
            actor=user, version=version, interface=first, archive=archive, plans=plans
        )
        remove_interface(actor=user, interface=first)
        assert list(interfaces_of(algorithm)) == [second]
        assert feed_batch(batch.pk) == 0
        reasons = set(batch.cases.values_list("state", "reason"))
        assert reasons == {("REFUSED", "The interface was withdrawn and takes no more runs.")}
