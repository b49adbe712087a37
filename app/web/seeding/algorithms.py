"""Algorithms of a seed file, and their container images."""

import hashlib
from uuid import UUID

from algorithms.models import Algorithm, AlgorithmVersion
from algorithms.policies import ALGORITHMS
from algorithms.selectors import interface_of
from algorithms.services import add_version, create_algorithm, update_algorithm
from app.accounts.models import User
from app.core.storage import get_store
from app.execution.models import ContainerImage
from app.execution.services import validate_container_image
from app.sockets.models import Socket
from app.web.seeding.asking import seed_requests
from app.web.seeding.document_uses import AlgorithmEntry, VersionEntry
from app.web.seeding.places import digest_of, file_below
from app.web.seeding.run import Refused, Run, Status, find


def seed_algorithm(run: Run, entry: AlgorithmEntry, path: str) -> None:
    """Make or change an algorithm and its roles, then add the versions that it lacks."""
    algorithm: Algorithm | None = None
    with run.entry(path, kind="algorithm", name=entry.title):
        owner = run.get("user", entry.owner, path=f"{path}.owner")
        named = {"slug": entry.slug_wanted}
        found = find(Algorithm, path=path, pk=entry.pk, named=named, rename=entry.slug is None)
        inputs = sockets(run, entry.inputs, path=f"{path}.inputs")
        outputs = sockets(run, entry.outputs, path=f"{path}.outputs")
        if found is not None:
            _check_interface(found, inputs=inputs, outputs=outputs, path=path)
        wanted = entry.given("title", "description", "public", "listed", "access_mode")
        algorithm = run.settle(
            found,
            path=path,
            kind="algorithm",
            name=entry.title,
            make=lambda: create_algorithm(
                actor=owner,
                inputs=inputs,
                outputs=outputs,
                pk=entry.pk,
                slug=entry.slug or "",
                **wanted,
            ),
            change=lambda obj, **changes: update_algorithm(actor=owner, algorithm=obj, **changes),
            wanted=wanted,
        )
        run.give_roles(ALGORITHMS, algorithm, entry=entry, owner=owner, path=path)
        seed_requests(run, entry.requests, algorithm, path)
        run.know("algorithm", entry.names, algorithm)
    if algorithm is None:
        return
    for number, version in enumerate(entry.versions):
        place = f"{path}.versions[{number}]"
        with run.entry(place, kind="version", name=version.container):
            _seed_version(run, version, algorithm, owner, place)


def sockets(run: Run, slugs: list[str], *, path: str) -> list[Socket]:
    """Return the sockets of these names."""
    return [run.get("socket", slug, path=f"{path}[{n}]") for n, slug in enumerate(slugs)]


def check_container(run: Run, image: ContainerImage, *, path: str) -> None:
    """Check a new container image here and now; refuse one that a worker would refuse."""
    run.stored.append(image.key)
    validate_container_image(image.pk)
    image.refresh_from_db()
    if image.state != ContainerImage.State.READY:
        raise Refused(path, f"The container is not accepted. {image.reason} {image.advice}".strip())


def same_content(run: Run, image: ContainerImage, given: str) -> bool:
    """Tell whether the stored container archive is this very file."""
    path = file_below(run.folder, given)
    if image.size != path.stat().st_size:
        return False
    digest = hashlib.sha256()
    with get_store().open(image.key) as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest() == digest_of(path)


def _check_interface(
    found: Algorithm, *, inputs: list[Socket], outputs: list[Socket], path: str
) -> None:
    interface = interface_of(found)
    for name, wanted, held in (
        ("inputs", inputs, interface.inputs),
        ("outputs", outputs, interface.outputs),
    ):
        if {socket.pk for socket in wanted} != set(held.values_list("pk", flat=True)):
            raise Refused(f"{path}.{name}", f"The algorithm is there with other {name}.")


def _seed_version(
    run: Run, entry: VersionEntry, algorithm: Algorithm, owner: User, path: str
) -> None:
    wanted: UUID | None = entry.pk
    versions = algorithm.versions.select_related("container_image").order_by("number")
    found = next(
        (v for v in versions if same_content(run, v.container_image, entry.container)), None
    )
    if found is not None and wanted is not None and found.pk != wanted:
        raise Refused(f"{path}.pk", f"This container is there as version {found.pk}.")
    if found is None and wanted and AlgorithmVersion.objects.filter(pk=wanted).exists():
        raise Refused(f"{path}.container", "The version is there with another container.")
    if found is not None:
        run.note(Status.UNCHANGED, path, "version", str(found), obj=found)
        return
    made = add_version(
        actor=owner,
        algorithm=algorithm,
        upload=run.adopt(owner, entry.container),
        comment=entry.comment,
        pk=wanted,
    )
    check_container(run, made.container_image, path=f"{path}.container")
    run.note(Status.CREATED, path, "version", str(made), obj=made)
