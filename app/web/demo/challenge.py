"""The demo's algorithms and challenge."""

import json
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from algorithms.models import Algorithm
from algorithms.services import add_version, create_algorithm
from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Challenge, ChallengeMember, Phase
from app.challenges.policies import CHALLENGES
from app.challenges.services import (
    add_ground_truth,
    add_method,
    create_challenge,
    create_phase,
    submit_algorithm,
)
from app.execution.models import ContainerImage
from app.execution.services import validate_container_image
from app.images.phantom import Phantom, write_mask
from app.sockets.selectors import medical_image_socket, segmentation_socket
from app.uploads.services import adopt_file
from archives.models import Archive, ArchiveItem


def seed_algorithm(
    *, author: User, title: str, description: str, archive: Path, public: bool = False
) -> Algorithm:
    """Make an algorithm whose first version is a container archive, checked here and now."""
    algorithm = create_algorithm(
        actor=author,
        title=title,
        description=description,
        public=public,
        inputs=[medical_image_socket()],
        outputs=[segmentation_socket()],
    )
    upload = adopt_file(owner=author, path=archive)
    version = add_version(actor=author, algorithm=algorithm, upload=upload, comment="Demo")
    _check(version.container_image)
    return algorithm


def seed_challenge(
    *, organizer: User, hidden: Archive, phantoms: Sequence[Phantom], containers: Path
) -> tuple[Challenge, Phase]:
    """Make the nodule challenge with one phase that is ready for submissions."""
    challenge = create_challenge(
        actor=organizer,
        title="Nodule phantom challenge",
        description="Find every nodule in made-up chests. Nodules lie inside the lungs and touch "
        "neither wall nor vessel.\n\nAlgorithms get the CT and return a mask of all nodules.",
        public=True,
    )
    phase = create_phase(
        actor=organizer,
        challenge=challenge,
        title="Final",
        description="Mean Dice over the hidden test cases.",
        archive=hidden,
    )
    upload = adopt_file(owner=organizer, path=containers / "dice-evaluation.tar")
    method = add_method(actor=organizer, phase=phase, upload=upload)
    _check(method.container_image)
    with tempfile.TemporaryDirectory() as scratch:
        truth = _ground_truth(hidden, phantoms, Path(scratch))
        upload = adopt_file(owner=organizer, path=truth)
        add_ground_truth(actor=organizer, phase=phase, upload=upload)
    return challenge, phase


def seed_submissions(
    *, organizer: User, author: User, challenge: Challenge, phase: Phase, entries: list[Algorithm]
) -> None:
    """Let the author hand both algorithms in; workers evaluate them once they are up."""
    role = ChallengeMember.Role.PARTICIPANT
    grant_role(CHALLENGES, actor=organizer, obj=challenge, user=author, role=role)
    for algorithm in entries:
        submit_algorithm(actor=author, phase=phase, algorithm=algorithm)


def _check(image: ContainerImage) -> None:
    validate_container_image(image.pk)
    image.refresh_from_db()
    if image.state != ContainerImage.State.READY:
        raise RuntimeError(f"A container of the demo was not accepted: {image.reason}")


def _ground_truth(hidden: Archive, phantoms: Sequence[Phantom], scratch: Path) -> Path:
    cases = {}
    items: list[ArchiveItem] = list(hidden.items.order_by("created"))
    for item, phantom in zip(items, phantoms, strict=True):
        name = f"masks/{item.images[0].pk}.mha"
        cases[str(item.images[0].pk)] = name
        (scratch / "masks").mkdir(exist_ok=True)
        write_mask(phantom, scratch / name)
    (scratch / "cases.json").write_text(json.dumps(cases))
    archive = scratch / "ground-truth.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(scratch / "cases.json", arcname="cases.json")
        tar.add(scratch / "masks", arcname="masks")
    return archive
