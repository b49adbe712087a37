"""Algorithms whose versions are ready without a real container, and jobs in any state."""

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from algorithms.models import (
    Algorithm,
    AlgorithmEndpoint,
    AlgorithmModel,
    AlgorithmRun,
    AlgorithmVersion,
    BatchCase,
    RunBatch,
)
from algorithms.policies import ALGORITHMS
from algorithms.services import create_algorithm
from app.accounts.models import User
from app.accounts.services import grant_role
from app.core.ids import new_id
from app.core.storage import get_store
from app.execution.models import ContainerImage, Endpoint, Job, ModelWeights
from app.images.models import Image
from app.sockets.selectors import medical_image_socket, segmentation_socket
from app.sockets.services import image_value
from archives.models import ArchiveItem
from tests.factories import execution
from tests.factories.accounts import UserFactory
from tests.factories.images import make_image

_counter = iter(range(10**9))


def make_container_image(
    *,
    creator: User | None = None,
    state: str = ContainerImage.State.READY,
    kind: str = ContainerImage.Kind.ALGORITHM,
    **fields: Any,
) -> ContainerImage:
    """A container image with a digest of its own; its bytes are no archive."""
    key = f"containers/{new_id()}.tar"
    content = key.encode()
    get_store().put_bytes(content, key=key)
    values = {
        "filename": "image.tar",
        "size": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    return ContainerImage.objects.create(
        creator=creator or UserFactory(), kind=kind, state=state, key=key, **(values | fields)
    )


def make_model_weights(
    *, creator: User | None = None, state: str = ModelWeights.State.READY, **fields: Any
) -> ModelWeights:
    """Model weights with a digest of their own; the bytes are no archive."""
    key = f"models/{new_id()}.tar.gz"
    content = key.encode()
    get_store().put_bytes(content, key=key)
    values = {
        "filename": "model.tar.gz",
        "size": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    return ModelWeights.objects.create(
        creator=creator or UserFactory(), state=state, key=key, **(values | fields)
    )


def make_model(
    algorithm: Algorithm, *, state: str = ModelWeights.State.READY, **fields: Any
) -> AlgorithmModel:
    """The next model weights."""
    creator = algorithm.memberships.filter(role="EDITOR")[0].user
    return AlgorithmModel.objects.create(
        algorithm=algorithm,
        number=algorithm.models.count() + 1,
        weights=make_model_weights(creator=creator, state=state, **fields),
    )


def make_algorithm(
    *,
    editor: User | None = None,
    members: dict[str, User] | None = None,
    versions: int = 1,
    **fields: Any,
) -> Algorithm:
    """An algorithm from an image to a segmentation, with ``versions`` that are ready."""
    editor = editor or UserFactory()
    values: dict[str, Any] = {
        "title": f"Algorithm {next(_counter)}",
        "inputs": [medical_image_socket()],
        "outputs": [segmentation_socket()],
    }
    algorithm = create_algorithm(actor=editor, **(values | fields))
    for role, person in (members or {}).items():
        grant_role(ALGORITHMS, actor=editor, obj=algorithm, user=person, role=role)
    for _ in range(versions):
        make_version(algorithm, creator=editor)
    return algorithm


def make_version(
    algorithm: Algorithm,
    *,
    creator: User | None = None,
    state: str = ContainerImage.State.READY,
    **fields: Any,
) -> AlgorithmVersion:
    """The next version."""
    creator = creator or algorithm.memberships.filter(role="EDITOR")[0].user
    return AlgorithmVersion.objects.create(
        algorithm=algorithm,
        number=algorithm.versions.count() + 1,
        container_image=make_container_image(creator=creator, state=state, **fields),
    )


def make_job(*, state: str = Job.State.QUEUED, creator: User | None = None, **fields: Any) -> Job:
    """A job in any state, of a kind that nobody waits for unless one is given."""
    creator = creator or UserFactory()
    fields.setdefault("kind", "algorithm")
    if "container_image" not in fields:
        fields["container_image"] = make_container_image(creator=creator)
    return Job.objects.create(state=state, creator=creator, **fields)


def make_run(
    algorithm: Algorithm,
    *,
    creator: User,
    item: ArchiveItem,
    state: str = Job.State.SUCCEEDED,
    try_out: bool = True,
    **fields: Any,
) -> AlgorithmRun:
    """A run in any state; one that succeeded has a segmentation."""
    version = algorithm.versions.all()[0]
    job = make_job(state=state, creator=creator, container_image=version.container_image)
    job.inputs.set(item.values.all())
    if state == Job.State.SUCCEEDED:
        add_output(job)
    values = {"title": item.title, "item": item, "try_out": try_out} | fields
    return AlgorithmRun.objects.create(version=version, job=job, **values)


def make_batch(
    algorithm: Algorithm, *, creator: User, item: ArchiveItem, cases: int = 2
) -> RunBatch:
    """A batch whose first case is done and whose others wait."""
    batch = RunBatch.objects.create(
        creator=creator,
        version=algorithm.versions.all()[0],
        interface=algorithm.interfaces.all()[0],
        archive=item.archive,
        title=item.archive.title,
    )
    for number in range(1, cases + 1):
        done = number == 1
        BatchCase.objects.create(
            batch=batch,
            item=item,
            number=number,
            title=item.title,
            state=BatchCase.State.STARTED if done else BatchCase.State.WAITING,
            run=make_run(algorithm, creator=creator, item=item) if done else None,
        )
    return batch


def add_output(job: Job, *, image: Image | None = None) -> Image:
    """Give a job a segmentation as its output."""
    image = image or make_image(name="Segmentation")
    job.outputs.add(image_value(socket=segmentation_socket(), image=image))
    return image


def make_endpoint(
    version: AlgorithmVersion, *, creator: User, state: str = Endpoint.State.RUNNING, **fields: Any
) -> AlgorithmEndpoint:
    """What somebody keeps warm, in any state."""
    if state == Endpoint.State.RUNNING:
        fields.setdefault("keep_alive_until", timezone.now() + timedelta(minutes=10))
    endpoint = execution.make_endpoint(
        container_image=version.container_image, creator=creator, state=state, **fields
    )
    return AlgorithmEndpoint.objects.create(endpoint=endpoint, version=version)


def make_call(
    endpoint: AlgorithmEndpoint, *, item: ArchiveItem, state: str = Job.State.SUCCEEDED
) -> AlgorithmRun:
    """A call that its container answered, or is to answer."""
    creator = endpoint.endpoint.job.creator
    assert creator is not None
    run = make_run(endpoint.version.algorithm, creator=creator, item=item, state=state)
    values = {"endpoint": endpoint.endpoint, "server": endpoint.endpoint.job.run_id}
    Job.objects.filter(pk=run.job_id).update(**values)
    run.job.refresh_from_db()
    return run
