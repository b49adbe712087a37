"""Pages of algorithms, furnished with as many rows as are asked for (`test_query_counts`)."""

from django.urls import reverse

from algorithms.models import CreditCharge
from app.accounts.models import User
from app.execution.models import Job
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import (
    make_algorithm,
    make_batch,
    make_call,
    make_endpoint,
    make_model,
    make_run,
    make_version,
)
from tests.factories.archives import make_archive, make_item
from tests.factories.images import make_image


def algorithms(user: User, count: int) -> str:
    for _ in range(count):
        make_algorithm(editor=user)
    return reverse("algorithms:list")


def algorithm(user: User, count: int) -> str:
    found = make_algorithm(editor=user)
    item = make_archive(cases=1).items.get()
    for _ in range(count):
        make_version(found)
        make_model(found)
        make_run(found, creator=UserFactory(), item=item, state=Job.State.FAILED)
    return reverse("algorithms:detail", args=[found.pk])


def version(user: User, count: int) -> str:
    found = make_algorithm(editor=user)
    for _ in range(count):
        make_version(found, digest="sha256:" + "0" * 64)
        make_model(found)
        found.versions.latest("number").stage_changes.create(
            before="STAGING", after="DEVELOPMENT", approved_by=UserFactory()
        )
    return reverse("algorithms:version", args=[found.versions.latest("number").pk])


def run(user: User, count: int) -> str:
    item = make_archive(cases=1).items.get()
    found = make_run(make_algorithm(editor=user), creator=user, item=item)
    for number in range(count):
        value = make_item(make_archive(), image=make_image(name=f"{number}")).values.get()
        found.job.outputs.add(value)
    return reverse("algorithms:run", args=[found.pk])


def my_runs(user: User, count: int) -> str:
    algorithm = make_algorithm(editor=user)
    for item in make_archive(cases=count).items.all():
        make_run(algorithm, creator=user, item=item)
    return reverse("algorithms:runs")


def try_out_cases(user: User, count: int) -> str:
    archive = make_archive(editor=user, cases=min(count, 20))
    page = reverse("algorithms:try_out", args=[make_algorithm(editor=user).pk])
    return f"{page}?archive={archive.pk}"


def batches(user: User, count: int) -> str:
    algorithm, item = make_algorithm(editor=user), make_archive(cases=1).items.get()
    for _ in range(count):
        make_batch(algorithm, creator=user, item=item)
    return reverse("algorithms:batches")


def endpoints(user: User, count: int) -> str:
    version = make_version(make_algorithm(editor=user, versions=0), serves=True)
    for _ in range(count):
        make_endpoint(version, creator=user)
    return reverse("algorithms:endpoints")


def endpoint(user: User, count: int) -> str:
    version = make_version(make_algorithm(editor=user, versions=0), serves=True)
    found, item = make_endpoint(version, creator=user), make_archive(cases=1).items.get()
    for _ in range(count):
        make_call(found, item=item)
    return reverse("algorithms:endpoint", args=[found.pk])


def batch(user: User, count: int) -> str:
    algorithm, item = make_algorithm(editor=user), make_archive(cases=1).items.get()
    found = make_batch(algorithm, creator=user, item=item, cases=count)
    return reverse("algorithms:batch", args=[found.pk])


def my_credits(user: User, count: int) -> str:
    algorithm, item = make_algorithm(editor=user), make_archive(cases=1).items.get()
    for _ in range(count):
        job = make_run(algorithm, creator=user, item=item).job
        CreditCharge.objects.create(user=user, job=job, credits=1)
    return reverse("algorithms:credits")
