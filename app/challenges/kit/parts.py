"""What the kits of all phases have: the sample, the evaluation, and who the kit is of."""

import json
from collections.abc import Callable, Iterator

from django.conf import settings
from django.urls import reverse

from app.challenges.kit.sample import SampleCase
from app.challenges.kit.tars import unpacked
from app.challenges.kit.zipping import Entry, text_entry
from app.challenges.models import Phase, StarterKit
from app.core.storage import get_store
from app.execution.staging import PlacedFile, serialized_value

OWN_SOURCE = "the source of the organizers' evaluation container"


def truth_entries(kit: StarterKit) -> Iterator[Entry]:
    """Return the ground truth of the sample."""
    if kit.truth_key:
        yield from unpacked(kit.truth_key, folder="sample/ground_truth")


def source_entries(kit: StarterKit, *, example: Callable[..., Iterator[Entry]]) -> Iterator[Entry]:
    """Return the evaluation's source: the organizers' own, or else the example to copy."""
    if kit.source_key:
        return unpacked(kit.source_key, folder="evaluation")
    return example(folder="evaluation")


def sample_entries(cases: list[SampleCase]) -> Iterator[Entry]:
    """Return the sample cases as a container finds them."""
    for case in cases:
        folder = f"sample/{case.name}/input"
        listing = json.dumps([serialized_value(value) for value in case.values])
        yield text_entry(f"{folder}/inputs.json", listing)
        for file in case.files:
            yield _stored(file, f"{folder}/{file.relative_path}")


def about(phase: Phase) -> str:
    """Return what the kit is for, in one line."""
    address = f"{settings.SITE_URL}{reverse('challenges:phase', args=[phase.pk])}"
    return f"For “{_line(phase.title)}” of “{_line(phase.challenge.title)}”: {address}"


def filled(text: str, words: dict[str, str]) -> str:
    """Return a text with the words in the place of their marks."""
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _stored(file: PlacedFile, path: str) -> Entry:
    if not file.key:
        return Entry(path, lambda: [file.content])
    return Entry(
        path,
        lambda: get_store().iter_range(file.key, start=0, length=file.size),
        dense=path.endswith(".mha"),
    )


def _line(text: str) -> str:
    """Return a stranger's title as words of one line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
