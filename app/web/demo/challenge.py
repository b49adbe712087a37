"""The demo's algorithms and challenge, as entries of a seed file."""

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from algorithms.models import Algorithm
from app.challenges.models import Challenge
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.images.phantom import Phantom, write_mask
from app.web.demo.design import DESIGN
from app.web.demo.images import IMAGE_SOCKET, draw, items
from app.web.demo.predictions import file_phase
from archives.models import Archive

PARTICIPANTS = ("author", "researcher", "radiologist")
SAMPLE_CASE = "Sample case 1"


def challenge(
    folder: Path, *, phantoms: Sequence[Phantom], sample: Phantom, containers: Path
) -> dict[str, Any]:
    """Write hidden and sample cases with their ground truth, and describe the challenge on them.

    Keys are chosen here: the ground truth names the images before they are imported.
    """
    images = [
        draw(folder, phantom, owner="organizer", name=f"test-{number}", pk=new_id())
        for number, phantom in enumerate(phantoms, start=1)
    ]
    title = "Hidden nodule test set"
    titles = [f"Test case {n + 1}" for n in range(len(images))]
    hidden = {
        "id": "hidden",
        "slug": free_slug(Archive, title, fallback="archive"),
        "title": title,
        "description": "Test cases of the nodule challenge. Participants never see them.",
        "owner": "organizer",
        "items": items(images, titles=titles),
    }
    finders = [
        _algorithm(
            "nodules",
            containers,
            title="Lung nodule finder",
            description="Finds nodules as soft tissue enclosed by lung.",
            public=True,
        ),
        _algorithm(
            "nodules-naive",
            containers,
            title="Slice-wise nodule finder",
            description="A simpler baseline that looks at one slice at a time.",
            owner="researcher",
        ),
    ]
    shown = draw(folder, sample, owner="organizer", name="sample-1", pk=new_id())
    phase = {
        "title": "Final",
        "description": "Mean Dice over the hidden test cases.",
        "archive": hidden["id"],
        "method": _container("dice-evaluation", containers),
        "ground_truth": _ground_truth(folder, "hidden", images, phantoms),
        "sample": "sample",
        "sample_truth": _ground_truth(folder, "sample", [shown], [sample]),
        "submissions": [{"user": finder["owner"], "algorithm": finder["id"]} for finder in finders],
    }
    by_file = file_phase(
        folder,
        hidden=dict(zip(titles, phantoms, strict=True)),
        sample={SAMPLE_CASE: sample},
        method=_container("file-evaluation", containers),
    )
    return {
        "images": [*images, shown],
        "archives": [hidden, _sample_archive(shown)],
        "algorithms": finders,
        "challenges": [_challenge([phase, by_file])],
    }


def _sample_archive(shown: dict[str, Any]) -> dict[str, Any]:
    title = "Sample of the nodule challenge"
    return {
        "id": "sample",
        "slug": free_slug(Archive, title, fallback="archive"),
        "title": title,
        "description": "Everybody who takes part may download it, in the starter kit.",
        "owner": "organizer",
        "items": items([shown], titles=[SAMPLE_CASE]),
    }


def _challenge(phases: list[dict[str, Any]]) -> dict[str, Any]:
    title = "Nodule phantom challenge"
    return {
        "slug": free_slug(Challenge, title, fallback="challenge"),
        "title": title,
        "description": "Find every nodule in made-up chests. Nodules lie inside the lungs and "
        "touch neither wall nor vessel.\n\nAlgorithms get the CT and return a mask of all nodules.",
        "public": True,
        "access_mode": "AUTOMATIC",
        "design": DESIGN,
        "owner": "organizer",
        "members": [{"user": name, "role": "PARTICIPANT"} for name in PARTICIPANTS],
        "teams": [
            {"title": "Slice counters", "captain": "author", "members": ["radiologist"]},
            {"title": "Even odds", "captain": "researcher"},
        ],
        "phases": phases,
    }


def _algorithm(name: str, containers: Path, **texts: Any) -> dict[str, Any]:
    return {
        "id": name,
        "slug": free_slug(Algorithm, texts["title"], fallback="algorithm"),
        "owner": "author",
        "inputs": [IMAGE_SOCKET],
        "outputs": ["segmentation"],
        "versions": [{"container": _container(name, containers), "comment": "Demo"}],
        **texts,
    }


def _container(name: str, containers: Path) -> str:
    return f"{containers.name}/{name}.tar"


def _ground_truth(
    folder: Path, name: str, images: Sequence[dict[str, Any]], phantoms: Sequence[Phantom]
) -> str:
    """Write the masks of these images as one archive; return its path for the seed file."""
    place = folder / f"{name}-truth"
    (place / "masks").mkdir(parents=True)
    cases = {image["pk"]: f"masks/{image['pk']}.mha" for image in images}
    for mask, phantom in zip(cases.values(), phantoms, strict=True):
        write_mask(phantom, place / mask)
    (place / "cases.json").write_text(json.dumps(cases))
    archive = folder / f"{name}-truth.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for part in ("cases.json", "masks"):
            tar.add(place / part, arcname=part)
    return str(archive.relative_to(folder.parent))
